# RFC 5232 4: the examples of parts of flags.
--- script
require ["imap4flags", "relational", "variables", "fileinto"];
set "MyVar" "NonJunk Junk gnus-forward $Forwarded NotJunk JunkRecorded $Junk $NotJunk";
set "MyFlags" "A B";
if allof (
  hasflag :contains "MyVar" "Junk",
  hasflag :contains "MyVar" "forward",
  hasflag :contains "MyVar" ["label", "forward"],
  hasflag :contains "MyVar" "junk forward",
  not hasflag :contains "MyVar" "label",
  not hasflag :contains "MyVar" ["label1", "label2"],
  hasflag :count "ge" "MyFlags" "2",
  not hasflag :count "ge" "MyFlags" "3",
  hasflag :count "eq" ["MyFlags", "MyVar"] "10"
) { fileinto "all"; }
--- actions
fileinto "all"
