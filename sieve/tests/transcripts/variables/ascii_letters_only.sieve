# RFC 5229 4.1.3: letters beyond ASCII stay as they are.
--- script
require ["variables", "fileinto"];
set :upper "a" "straße";
set :upperfirst "b" "ähre";
fileinto "${a} ${b}";
--- actions
fileinto "STRAßE ähre"
