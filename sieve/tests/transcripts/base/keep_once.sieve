# RFC 5228 2.10.3: the message is kept once, however often that is said.
--- script
keep; keep;
--- actions
keep
