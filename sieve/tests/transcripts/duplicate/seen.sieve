# RFC 7352 3.3: without :last the first message sets the time.
--- given
seen yes
--- script
require "duplicate";
if duplicate { discard; }
--- actions
discard
