# RFC 6134 2.6: all of the lists.
--- given
list tag:a
--- require
require "extlists";
--- true
valid_ext_list "tag:a"
not valid_ext_list ["tag:a", "tag:b"]
