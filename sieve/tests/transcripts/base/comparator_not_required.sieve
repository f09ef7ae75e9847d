# RFC 5228 2.7.3: comparators other than the two of the base are required.
--- script
if header :comparator "i;ascii-numeric" "subject" "1" { stop; }
--- error
line 1, column 23: `i;ascii-numeric` needs `require "comparator-i;ascii-numeric";`
