# RFC 5260 6: one occurrence of a field, from the top or the bottom.
--- require
require "index";
--- message
Received: a
Received: b
Received: c
From: x@example.org
From: y@example.org

--- true
header :index 1 "received" "a"
header :index 3 "received" "c"
header :index 1 :last "received" "c"
header :last :index 3 "received" "a"
address :index 2 "from" "y@example.org"
not header :index 2 "received" "a"
not header :index 4 :contains "received" ""
not address :index 1 "from" "y@example.org"
