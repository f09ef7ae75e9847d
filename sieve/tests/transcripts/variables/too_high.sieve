# RFC 5229 6: a match variable beyond those that there are is an error.
--- script
require ["variables", "fileinto"];
fileinto "${33}";
--- error
line 2, column 10: there is no `${33}`; the last one is `${32}`
