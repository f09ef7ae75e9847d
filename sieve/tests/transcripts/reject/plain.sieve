# RFC 5429 2.2: the message is refused, and not kept.
--- script
require "reject";
reject "I am not taking mail from you.";
--- actions
reject "I am not taking mail from you."
