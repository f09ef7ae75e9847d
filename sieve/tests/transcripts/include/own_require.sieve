# RFC 6609 3.2: each script requires for itself.
--- script
require "fileinto";
include "a";
--- error
line 2, column 1: `include` needs `require "include";`
