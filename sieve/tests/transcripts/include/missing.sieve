# RFC 6609 3.2: a script that is not there is an error.
--- script
require "include";
include "nothing";
--- fault
line 2: there is no script `nothing` to include
--- actions
keep
