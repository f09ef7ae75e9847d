# RFC 5229 3: a namespace that is not known is an error.
--- script
require ["variables", "fileinto"];
fileinto "${vnd.what}";
--- error
line 2, column 10: there are no variables `vnd.what`
