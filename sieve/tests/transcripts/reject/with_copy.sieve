# RFC 5429 2.4: a copy of a refused message may be kept for the record.
--- script
require ["reject", "fileinto", "copy"];
fileinto :copy "refused";
reject "a";
--- actions
fileinto "refused"
reject "a"
