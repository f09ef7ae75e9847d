# RFC 5230 4.5: a message that names none of the person's addresses gets no reply.
--- given
to owner@example.org
--- script
require "vacation";
vacation "Away.";
--- message
From: sender@example.net
To: everybody@example.org

--- actions
keep
