# RFC 5703 5: with :mime there is no subject to give.
--- script
require "replace";
replace :mime :subject "a" "b";
--- error
line 2, column 9: `:mime` does not go with `:subject` and `:from`
