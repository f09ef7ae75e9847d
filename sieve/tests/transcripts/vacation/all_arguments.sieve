# RFC 5230 4: period, subject, author and addresses.
--- given
to alias@example.org
--- script
require "vacation";
vacation :days 23 :addresses ["owner@example.org", "o@example.org"] :subject "Fort" :from "Me <me@example.org>" :handle "away" "Bis bald";
--- actions
vacation to sender@example.net seconds 1987200 from "Me <me@example.org>" subject "Fort" text "Bis bald" in-reply-to <1@example.net> references <1@example.net>
keep
