# RFC 5429 2.4: a message is refused once.
--- script
require ["reject", "ereject"];
reject "a";
ereject "b";
--- fault
line 3: `reject` does not go with a second `reject`
--- actions
keep
