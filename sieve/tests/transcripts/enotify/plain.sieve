# RFC 5436 2.7: the message becomes the subject; the default text says who wrote about what.
--- script
require "enotify";
notify :importance "1" :message "This is probably very important" "mailto:alm@example.com";
--- actions
notify to alm@example.com importance 1 subject "This is probably very important" body "From: Sender <sender@example.net>\r\nSubject: Hello\r\n"
keep
