# RFC 5235 3.3: 1 to 5, and 0 for what nobody looked at.
--- given
virus 5
--- require
require ["virustest", "relational", "comparator-i;ascii-numeric"];
--- true
virustest :value "eq" :comparator "i;ascii-numeric" "5"
virustest :value "gt" "0"
