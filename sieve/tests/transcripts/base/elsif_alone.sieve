# RFC 5228 3.1: elsif and else stand behind an if.
--- script
keep;
else { discard; }
--- error
line 2, column 1: this `else` stands behind no `if`
