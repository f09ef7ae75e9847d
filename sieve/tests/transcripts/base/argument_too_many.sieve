# RFC 5228 2.10.5: what a command has too much is named.
--- script
redirect "a@example.org" "b@example.org";
--- error
line 1, column 26: `redirect` has an argument too many
