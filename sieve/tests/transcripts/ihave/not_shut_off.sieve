# RFC 5463 4: without an ihave, what nobody knows is an error even where it is never run.
--- script
require "ihave";
if false { frobnicate; }
--- error
line 2, column 12: there is no command `frobnicate`
