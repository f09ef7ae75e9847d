# RFC 5463 5: error ends the script with a message.
--- script
require ["ihave", "fileinto"];
fileinto "a";
if not ihave "regex" { error "This script needs regex."; }
--- fault
line 3: This script needs regex.
--- actions
keep
