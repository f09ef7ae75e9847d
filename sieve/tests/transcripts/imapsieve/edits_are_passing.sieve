# RFC 6785 3.1, 3.7: edits reach copies and what is sent on, never the message itself.
--- given
event append Work
--- script
require ["imapsieve", "editheader", "fileinto", "copy"];
addheader "X-A" "b";
fileinto :copy "Copy";
--- actions
fileinto "Copy" edition 1
keep
