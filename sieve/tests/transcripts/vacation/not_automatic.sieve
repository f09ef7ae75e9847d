# RFC 3834 5: `no` says that a person wrote it.
--- script
require "vacation";
vacation "Away.";
--- message
From: sender@example.net
To: owner@example.org
Auto-Submitted: no

--- actions
vacation to sender@example.net seconds 604800 subject "Automated reply" text "Away."
keep
