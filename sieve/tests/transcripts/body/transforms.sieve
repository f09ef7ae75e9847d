# RFC 5173 4: one transformation.
--- script
require "body";
if body :raw :text "a" { stop; }
--- error
line 2, column 14: `body` takes one of `:raw`, `:content` and `:text`
