# RFC 5232 5: flags named at the action are the only ones of the message.
--- script
require ["imap4flags", "fileinto"];
setflag "\\Seen";
fileinto "a";
fileinto :flags ["", "  $x   $y "] "b";
keep :flags "\\Draft";
--- actions
fileinto "a" (\Seen)
fileinto "b" ($x $y)
keep (\Draft)
