# RFC 5293 5: :last stands with :index.
--- script
require "editheader";
deleteheader :last "X-A";
--- error
line 2, column 14: `:last` stands with `:index` only
