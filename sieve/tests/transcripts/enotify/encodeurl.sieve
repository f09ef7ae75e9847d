# RFC 5435 6: text in a URI.
--- script
require ["enotify", "variables"];
set :encodeurl "body_param" "Safe body&evil=evilbody";
notify :message "m" "mailto:tim@example.com?body=${body_param}";
--- actions
notify to tim@example.com importance 2 subject "m" body "Safe body&evil=evilbody"
keep
