# RFC 6785 4.6: there is no envelope.
--- given
event append Work
--- script
require ["imapsieve", "envelope"];
if envelope "from" "a" { discard; }
--- fault
line 2: there is no envelope at an event of IMAP
--- actions
keep
