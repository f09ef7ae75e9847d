# RFC 5228 3.1: if takes one test.
--- script
if (true, false) { stop; }
--- error
line 1, column 1: `if` takes one test
