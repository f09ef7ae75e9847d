# RFC 5435 4, 5: what can be notified, and what is known of it.
--- require
require ["enotify", "relational"];
--- true
valid_notify_method ["mailto:a@x.example", "mailto:b@x.example?subject=x"]
not valid_notify_method ["mailto:a@x.example", "http://gw.example.net/notify?test"]
notify_method_capability "mailto:a@x.example" "Online" ["yes", "maybe"]
not notify_method_capability "mailto:a@x.example" "online" "yes"
not notify_method_capability "xmpp:a@x.example" "online" "maybe"
not notify_method_capability "mailto:a@x.example" "colour" "maybe"
notify_method_capability :count "eq" "mailto:a@x.example" "online" "1"
