# RFC 5293 7: the implicit keep comes behind all edits.
--- script
require "editheader";
addheader "X-Flavor" "vanilla";
--- actions
keep edition 1
