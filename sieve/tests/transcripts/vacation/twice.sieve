# RFC 5230 4.7: a script answers once.
--- script
require "vacation";
vacation "Away.";
vacation "Still away.";
--- fault
line 3: `vacation` is used twice
--- actions
keep
