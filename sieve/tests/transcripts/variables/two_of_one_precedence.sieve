# RFC 5229 4.1: two modifiers of one precedence are an error.
--- script
require "variables";
set :lower :upper "a" "b";
--- error
line 2, column 12: `:upper` does not go with a modifier before it
