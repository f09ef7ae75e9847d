# RFC 5229 3.2: names of mailboxes made of the message are bounded by the mailbox, not by the script.
--- script
require ["fileinto", "variables"];
if header :matches "subject" "*" { fileinto "${1}"; }
--- message
Subject:

--- fault
line 2: the name of a mailbox is empty or has controls
--- actions
keep
