# RFC 5235 3.2: 1 to 10, or per cent.
--- given
spam 80
--- require
require ["spamtest", "spamtestplus", "relational", "comparator-i;ascii-numeric"];
--- true
spamtest :value "ge" :comparator "i;ascii-numeric" "8"
spamtest :value "lt" :comparator "i;ascii-numeric" "9"
spamtest :percent :value "eq" :comparator "i;ascii-numeric" "80"
not spamtest "0"
