# RFC 5228 2.4.2.1: where one string is due, a list is an error.
--- script
redirect ["a@example.org"];
--- error
line 1, column 10: `redirect` expects an address here
