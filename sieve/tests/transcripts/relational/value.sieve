# RFC 5231 4.1: values in order, as the comparator sees it.
--- require
require ["relational", "comparator-i;ascii-numeric"];
--- message
X-Priority: 3
From: frank@example.org

--- true
header :value "lt" :comparator "i;ascii-numeric" "x-priority" "4"
header :value "ge" :comparator "i;ascii-numeric" "x-priority" "3"
header :value "ne" "x-priority" "4"
header :value "eq" "x-priority" "3"
--- false
header :value "gt" :comparator "i;ascii-numeric" "x-priority" "10"
address :value "gt" "from" "M"
