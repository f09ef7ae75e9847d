# RFC 5490 3.2: a mailbox that is not there is made.
--- script
require ["mailbox", "fileinto"];
fileinto :create "Partners";
--- actions
fileinto "Partners" create
