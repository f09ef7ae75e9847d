# RFC 5260 5: a run has no zone of its own.
--- script
require "date";
if currentdate :originalzone "year" "2005" { stop; }
--- error
line 2, column 16: `currentdate` knows no `:originalzone`
