# RFC 5228 5.4: a part that is not known is an error.
--- script
require "envelope";
if envelope "helo" "a" { stop; }
--- error
line 2, column 13: the envelope has no `helo`: it has "from", "to" and "auth"
