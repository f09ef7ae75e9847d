# RFC 5228 2.10.2: a script without commands keeps the message.
--- script
# nothing
--- actions
keep
