# RFC 5260 6: :last stands with :index.
--- script
require "index";
if header :last "received" "a" { stop; }
--- error
line 2, column 11: `:last` stands with `:index` only
