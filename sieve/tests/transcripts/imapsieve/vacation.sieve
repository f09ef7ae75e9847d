# RFC 6785 3.11: what answers a delivery is an error, even if it is only required.
--- given
event append Work
flags \Seen
--- script
require ["imapsieve", "vacation"];
--- fault
line 1: `vacation` is for deliveries, and this is an event of IMAP
--- actions
keep (\Seen)
