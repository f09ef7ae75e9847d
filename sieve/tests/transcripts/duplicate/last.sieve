# RFC 7352 3.3: with :last each message sets the time anew.
--- given
seen yes
--- script
require "duplicate";
if duplicate :last :seconds 60 { discard; }
--- actions
discard
remember 60
