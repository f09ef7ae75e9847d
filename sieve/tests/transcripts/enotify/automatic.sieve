# RFC 5436 2.7: what nobody wrote sets off no notification.
--- script
require "enotify";
notify "mailto:a@x.example";
--- message
Auto-Submitted: auto-notified

--- actions
keep
