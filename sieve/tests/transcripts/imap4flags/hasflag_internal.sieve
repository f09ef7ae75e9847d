# RFC 5232 4: any flag of the internal variable against any key.
--- script
require ["imap4flags", "relational", "comparator-i;ascii-numeric", "fileinto"];
setflag "A B";
if hasflag :is "b A" { fileinto "1"; }
if hasflag ["b", "A"] { fileinto "2"; }
if hasflag "C" { fileinto "wrong"; }
if hasflag :count "eq" :comparator "i;ascii-numeric" "2" { fileinto "3"; }
if hasflag :matches "?" { fileinto "4"; }
--- actions
fileinto "1" (A B)
fileinto "2" (A B)
fileinto "3" (A B)
fileinto "4" (A B)
