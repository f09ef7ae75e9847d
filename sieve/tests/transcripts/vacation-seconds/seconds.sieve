# RFC 6131 2: the period in seconds; the capability brings vacation with it.
--- script
require "vacation-seconds";
vacation :seconds 1800 "Away.";
--- actions
vacation to sender@example.net seconds 1800 subject "Auto: Hello" text "Away." in-reply-to <1@example.net> references <1@example.net>
keep
