# RFC 5235 3.2: 1 is surely no spam.
--- given
spam 0
--- require
require "spamtest";
--- true
spamtest "1"
