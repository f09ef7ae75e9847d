# RFC 5232 3: sets of flags in variables.
--- script
require ["imap4flags", "variables", "fileinto"];
addflag "mine" "\\Deleted";
addflag "mine" ["\\Answered", "$x"];
removeflag "mine" "$X";
set "other" "$y \\Seen";
fileinto :flags ["${mine}", "${other}"] "a";
--- actions
fileinto "a" (\Deleted \Answered $y \Seen)
