# RFC 5260 4.1: a zone is a sign and four digits.
--- script
require "date";
if currentdate :zone "CET" "year" "2005" { stop; }
--- error
line 2, column 22: `CET` is not allowed here
