# RFC 5230 4.6: addresses of programs get no reply.
--- given
from owner-list@example.net
--- script
require "vacation";
vacation "Away.";
--- actions
keep
