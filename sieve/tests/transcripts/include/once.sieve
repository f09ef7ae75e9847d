# RFC 6609 3.2: with :once it is included if it was not yet.
--- script
require ["include", "fileinto", "variables"];
global "n";
include "add"; include :once "add"; include :global :once "add";
fileinto "${n}";
--- script personal add
require ["include", "variables"];
global "n";
set "n" "${n}x";
include :once "add";
--- script global add
require ["include", "variables"];
set "global.n" "${global.n}y";
--- actions
fileinto "xy"
