# RFC 5228 4.4: discard cancels the implicit keep and does nothing.
--- script
if header :is "subject" "hello" { discard; }
--- actions
discard
