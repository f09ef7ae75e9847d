# RFC 6785 3.8: flags change as if a client had done it.
--- given
event copy Work
flags \Seen
--- script
require ["imapsieve", "imap4flags"];
addflag "$checked";
removeflag "\\Seen";
--- actions
keep ($checked)
--- flags
$checked
