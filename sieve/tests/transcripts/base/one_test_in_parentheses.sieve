# RFC 5228 5.2: allof takes a list of tests.
--- script
if allof true { stop; }
--- error
line 1, column 4: `allof` takes tests in parentheses
