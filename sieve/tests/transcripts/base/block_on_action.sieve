# RFC 5228 2.9: actions take no blocks.
--- script
keep { stop; }
--- error
line 1, column 1: `keep` takes no block
