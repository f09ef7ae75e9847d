# RFC 5228 2.10.2: a message for which nothing else is done is kept.
--- script
if false { discard; }
--- actions
keep
