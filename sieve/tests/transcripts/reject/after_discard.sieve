# RFC 5429 2.4: discard and copies do not deliver the message.
--- script
require ["reject", "fileinto", "copy"];
fileinto :copy "record";
discard;
reject "No.";
--- actions
fileinto "record"
discard
reject "No."
