# RFC 6609 3.4.1: a variable is declared before it is set.
--- script
require ["include", "variables"];
set "a" "b";
global "a";
--- error
line 3, column 8: `a` was set before it is declared `global`
