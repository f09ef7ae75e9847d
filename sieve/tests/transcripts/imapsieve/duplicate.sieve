# RFC 7352 3.4: duplicates are of deliveries.
--- given
event append Work
--- script
require ["imapsieve", "duplicate"];
if duplicate { discard; }
--- fault
line 2: `duplicate` is for deliveries, and this is an event of IMAP
