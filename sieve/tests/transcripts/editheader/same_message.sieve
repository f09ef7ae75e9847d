# RFC 5293 7: an edited message is the same one, and is kept once.
--- script
require "editheader";
keep;
addheader "X-Flavor" "vanilla";
keep;
--- actions
keep
