# RFC 5228 2.4.1: other units are errors.
--- script
if size :over 1T { stop; }
--- error
line 1, column 15: a number has digits, and at most `K`, `M` or `G` behind them
