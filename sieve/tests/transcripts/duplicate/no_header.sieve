# RFC 7352 3.1: without the field nothing is a duplicate, and nothing is remembered.
--- given
seen yes
--- script
require "duplicate";
if duplicate :header "X-Event-ID" { discard; }
if duplicate :header "not a name" { discard; }
if duplicate :seconds 0 { discard; }
--- actions
keep
