# RFC 5228 2.4.2: a text of several lines ends with a dot, and a dot at the beginning of a line is doubled.
--- script
require "reject";
reject text: # comment
Away.
..and back
.
;
--- actions
reject "Away.\n.and back\n"
