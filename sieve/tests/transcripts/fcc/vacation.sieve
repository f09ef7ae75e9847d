# RFC 8580 3: a copy of the reply, filed with what is said of it.
--- script
require ["vacation", "fcc", "mailbox", "imap4flags", "special-use", "mailboxid"];
vacation :fcc "Sent" :create :flags "\\Seen" :specialuse "\\Sent" :mailboxid "x" "Away.";
--- actions
vacation to sender@example.net seconds 604800 subject "Auto: Hello" text "Away." in-reply-to <1@example.net> references <1@example.net> fcc "Sent" (\Seen) id "x" use \Sent create
keep
