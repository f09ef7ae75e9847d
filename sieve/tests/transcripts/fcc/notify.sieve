# RFC 8580 3: a copy of the notification; it has no flags but its own.
--- script
require ["enotify", "fcc", "imap4flags"];
setflag "\\Flagged";
notify :fcc "Sent" :message "m" "mailto:a@x.example?body=b";
--- actions
notify to a@x.example importance 2 subject "m" body "b" fcc "Sent"
keep (\Flagged)
