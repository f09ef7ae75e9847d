# RFC 5228 2.4.2: a string that is not closed is named by its beginning.
--- script
keep;
redirect "a@example.org;
--- error
line 2, column 10: this string is never closed: `"` is missing
