# RFC 5293 4: a name that is none is an error.
--- script
require "editheader";
addheader "X Flavor" "vanilla";
--- error
line 2, column 11: `X Flavor` is no name of a header field
