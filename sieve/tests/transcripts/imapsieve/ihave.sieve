# RFC 6785 3.11: what is only offered by an ihave is an error where it is used.
--- given
event append Work
--- script
require ["imapsieve", "ihave"];
if header "subject" "bye" { if ihave "reject" { reject "no"; } }
if header "subject" "hello" { if ihave "vacation" { vacation "no"; } }
--- fault
line 3: `vacation` is for deliveries, and this is an event of IMAP
--- actions
keep
