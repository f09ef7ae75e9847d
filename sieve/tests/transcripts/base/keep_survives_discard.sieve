# RFC 5228 4.4: an explicit keep holds against a discard.
--- script
keep;
discard;
--- actions
keep
discard
