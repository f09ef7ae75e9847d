# RFC 7352 3: the id is remembered once the script ends, for 7 days if nothing is said.
--- script
require "duplicate";
if duplicate { discard; }
--- actions
keep
remember 604800
