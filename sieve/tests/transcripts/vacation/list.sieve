# RFC 5230 4.6: mail of a list gets no reply.
--- script
require "vacation";
vacation "Away.";
--- message
From: sender@example.net
To: owner@example.org
List-Unsubscribe: <https://example.net>

--- actions
keep
