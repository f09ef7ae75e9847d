# RFC 5231 3: one of six relations.
--- script
require "relational";
if header :value "like" "subject" "a" { stop; }
--- error
line 2, column 18: `like` is none of gt, ge, lt, le, eq, ne
