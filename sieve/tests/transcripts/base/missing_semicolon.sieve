# RFC 5228 8.2: an action ends with a semicolon.
--- script
keep
stop;
--- error
line 2, column 1: `keep` takes no test
