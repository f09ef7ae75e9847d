# RFC 5230 4: a reply goes to the sender and leaves the implicit keep alone; 7 days if nothing is said.
--- script
require "vacation";
vacation "I am away.";
--- actions
vacation to sender@example.net seconds 604800 subject "Auto: Hello" text "I am away." in-reply-to <1@example.net> references <1@example.net>
keep
