# RFC 5231 4.2: how many fields, or addresses, there are.
--- require
require ["relational", "comparator-i;ascii-numeric"];
--- message
Received: a
Received: b
To: a@example.org, b@example.org
Cc: c@example.org

--- true
header :count "eq" :comparator "i;ascii-numeric" "received" "2"
header :count "gt" ["received", "to"] "2"
address :count "ge" ["to", "cc"] "3"
header :count "eq" "x-none" "0"
address :count "lt" "to" "10"
--- false
header :count "ge" "received" "10"
