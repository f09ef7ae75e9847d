# RFC 6131 2: 0 answers each message.
--- script
require "vacation-seconds";
vacation :seconds 0 "Away.";
--- actions
vacation to sender@example.net seconds 0 subject "Auto: Hello" text "Away." in-reply-to <1@example.net> references <1@example.net>
keep
