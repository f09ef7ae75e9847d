# RFC 5260 5: the time of the run.
--- given
now 1133950082
offset -300
--- require
require ["date", "relational"];
--- true
currentdate "date" "2005-12-07"
currentdate "hour" "05"
currentdate :zone "+0000" "hour" "10"
currentdate :value "ge" "time" "05:08:00"
allof (currentdate :value "ge" "date" "2005-12-01", currentdate :value "le" "date" "2005-12-24")
