# RFC 4790 9.1.1: numbers at the beginning count, and what has none is above all of them.
--- require
require ["relational", "comparator-i;ascii-numeric"];
--- message
X-Score: 0012 points
X-Nothing: none

--- true
header :comparator "i;ascii-numeric" :is "x-score" "12"
header :comparator "i;ascii-numeric" :value "gt" "x-score" "9"
header :comparator "i;ascii-numeric" :value "gt" "x-nothing" "99999999999999999999999999"
header :comparator "i;ascii-numeric" :is "x-nothing" "nothing either"
--- false
header :comparator "i;ascii-numeric" :value "lt" "x-score" "9"
