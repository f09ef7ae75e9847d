# RFC 5228 4.1: a name that no mailbox can have is an error.
--- script
require "fileinto";
fileinto "";
--- error
line 2, column 10: the name of a mailbox is not empty and has no controls
