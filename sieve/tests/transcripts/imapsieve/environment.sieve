# RFC 6785 4: who did what to which mailbox.
--- given
event flag Work/Items
flags \Flagged $x
changed \Flagged
--- require
require ["environment", "imapsieve", "imap4flags"];
--- true
environment "imap.cause" "FLAG"
environment "imap.mailbox" "Work/Items"
environment "imap.user" "alice"
environment "imap.email" "alice@example.org"
environment :contains "imap.changedflags" "\\Flagged"
environment "location" "MS"
environment "phase" "post"
hasflag "\\flagged"
not hasflag "\\seen"
