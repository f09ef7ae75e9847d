# RFC 6609 4: names that could lead elsewhere are errors.
--- script
require "include";
include "./../..//etc/passwd";
--- error
line 2, column 9: the name of a script has 1 to 512 octets, no controls and no `/`
