# RFC 5230 4.1: too few or too many days become the nearest that are allowed.
--- script
require "vacation";
if header "subject" "x" { vacation :days 100000 "a"; } else { vacation :days 0 "b"; }
--- actions
vacation to sender@example.net seconds 86400 subject "Auto: Hello" text "b" in-reply-to <1@example.net> references <1@example.net>
keep
