# RFC 6609 3.2: the name is written out.
--- script
require ["include", "variables"];
include "${name}";
--- error
line 2, column 9: the name of a script is written out, without variables
