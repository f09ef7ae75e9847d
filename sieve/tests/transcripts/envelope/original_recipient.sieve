# RFC 5228 5.4: the recipient is the one that the sender named.
--- given
to owner@example.org
original sales@example.org
--- require
require "envelope";
--- true
envelope "to" "sales@example.org"
