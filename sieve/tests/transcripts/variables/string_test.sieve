# RFC 5229 5: strings are compared like header values; empty ones are not counted.
--- script
require ["variables", "relational", "fileinto"];
set "state" "${state} pending";
if string :matches " ${state} " "* pending *" { fileinto "pending"; }
if string :count "eq" ["a", "", "${nothing}", "b"] "2" { fileinto "two"; }
if string "" "" { fileinto "empty"; }
--- actions
fileinto "pending"
fileinto "two"
fileinto "empty"
