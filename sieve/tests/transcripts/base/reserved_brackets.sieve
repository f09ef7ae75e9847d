# RFC 5228 2.4.2.1: a list is never empty.
--- script
if header [] "a" { stop; }
--- error
line 1, column 12: expected a string, found `]`
