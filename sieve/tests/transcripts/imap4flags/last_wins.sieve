# RFC 5232 3: where a message is filed twice, the last flags win.
--- script
require ["imap4flags", "fileinto"];
fileinto :flags "a" "x";
fileinto :flags "b" "x";
keep :flags "a";
keep :flags "b";
--- actions
fileinto "x" (b)
keep (b)
