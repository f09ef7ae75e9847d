# RFC 5230 4.5: addresses known to belong to the account count, also in Cc and in resent messages.
--- given
to owner@example.org
own boss@example.org
--- script
require "vacation";
vacation "Away.";
--- message
From: sender@example.net
To: everybody@example.org
Resent-Cc: Boss <BOSS@example.org>

--- actions
vacation to sender@example.net seconds 604800 subject "Automated reply" text "Away."
keep
