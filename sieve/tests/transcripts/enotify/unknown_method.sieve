# RFC 5435 3.2: a method that is not there is an error.
--- script
require "enotify";
notify "xmpp:tim@example.com";
--- error
line 2, column 8: notifications are sent to a `mailto:` URI with good addresses only
