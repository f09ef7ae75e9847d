# RFC 6609 3.2: with :optional it may be missing.
--- script
require ["include", "fileinto"];
include :optional "nothing";
fileinto "a";
--- actions
fileinto "a"
