# RFC 5429 2.1: best refused in the session itself.
--- script
require "ereject";
ereject "No.";
--- actions
ereject "No."
