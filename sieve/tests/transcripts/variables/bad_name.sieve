# RFC 5229 4: match variables cannot be set.
--- script
require "variables";
set "0" "a";
--- error
line 2, column 5: `0` is no name for a variable
