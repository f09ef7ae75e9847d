# RFC 5429 2.4: a message is delivered or refused.
--- script
require "reject";
keep;
reject "a";
--- fault
line 3: `reject` does not go with what delivers, sends on or answers the message
