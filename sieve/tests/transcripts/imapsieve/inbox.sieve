# RFC 6785 3.3: fileinto makes a new message, in the inbox, too.
--- given
event flag Work
--- script
require ["imapsieve", "fileinto"];
fileinto "INBOX";
--- actions
fileinto "INBOX"
