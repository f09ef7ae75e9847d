# RFC 6609 3.1: scripts do not include themselves.
--- script
require "include";
include "a";
--- script personal a
require "include";
include "b";
--- script personal b
require "include";
include "a";
--- fault
script `b`, line 2: the script `a` includes itself
--- actions
keep
