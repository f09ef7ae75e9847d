# RFC 5228 2.10.6: an error at run time undoes all actions and keeps the message as it came.
--- script
require ["fileinto", "variables", "editheader"];
addheader "X-A" "b";
fileinto "a";
redirect "a@example.org";
set "nobody" "no address";
redirect "${nobody}";
--- fault
line 6: `no address` is no address that mail can be sent to
--- actions
keep
