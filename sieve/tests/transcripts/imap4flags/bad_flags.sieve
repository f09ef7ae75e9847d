# RFC 5232 2: what is no flag, or cannot be set, is ignored.
--- script
require "imap4flags";
setflag ["\\Recent", "\\Nonsense", "a(b", "ä", "ok"];
--- actions
keep (ok)
