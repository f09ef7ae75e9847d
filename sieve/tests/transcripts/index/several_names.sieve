# RFC 5260 6: all fields of the names are counted, in the order of the names.
--- require
require "index";
--- message
Cc: c@example.org
To: a@example.org
Cc: d@example.org

--- true
address :index 1 ["to", "cc"] "a@example.org"
address :index 2 ["to", "cc"] "c@example.org"
address :index 1 :last ["to", "cc"] "d@example.org"
address :index 3 :last ["to", "cc"] "a@example.org"
not address :index 1 ["to", "cc"] "c@example.org"
not address :index 4 :contains ["to", "cc"] ""
not address :index 4 :last :contains ["to", "cc"] ""
