# RFC 5260 6: fields are counted from 1.
--- script
require "index";
if header :index 0 "received" "a" { stop; }
--- error
line 2, column 11: header fields are counted from 1
