# RFC 7352 3.1: one source of the id.
--- script
require "duplicate";
if duplicate :header "a" :uniqueid "b" { stop; }
--- error
line 2, column 26: `duplicate` takes `:header` or `:uniqueid`, not both
