# RFC 4790 9.1: numbers have no substrings.
--- script
require "comparator-i;ascii-numeric";
if header :contains :comparator "i;ascii-numeric" "x" "1" { stop; }
--- error
line 2, column 21: `i;ascii-numeric` compares numbers and finds nothing within a text
