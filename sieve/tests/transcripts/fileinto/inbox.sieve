# RFC 5228 4.3: the inbox is where keep puts a message.
--- script
require "fileinto";
fileinto "inbox";
--- actions
keep
