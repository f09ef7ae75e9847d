# RFC 5230 4.6: what nobody wrote gets no reply.
--- script
require "vacation";
vacation "Away.";
--- message
From: sender@example.net
To: owner@example.org
Auto-Submitted: auto-replied (away)

--- actions
keep
