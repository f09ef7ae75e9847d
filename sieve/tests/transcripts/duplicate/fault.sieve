# RFC 7352 3: nothing is remembered when the script fails.
--- script
require ["duplicate", "ihave"];
if duplicate { discard; }
error "no";
--- fault
line 3: no
--- actions
keep
