# RFC 5228 2.10.5: what a command lacks is named.
--- script
redirect;
--- error
line 1, column 1: `redirect` lacks an argument: an address
