# RFC 5228 2.7.3: a comparator that is not there is an error.
--- script
if header :comparator "i;basic" "subject" "a" { stop; }
--- error
line 1, column 23: there is no comparator `i;basic`
