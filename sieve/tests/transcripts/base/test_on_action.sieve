# RFC 5228 2.9: actions take no tests.
--- script
keep true;
--- error
line 1, column 6: `keep` takes no test
