# RFC 5051 2: order and equality of folded text.
--- require
require ["relational", "comparator-i;unicode-casemap"];
--- message
Subject: äpfel

--- true
header :comparator "i;unicode-casemap" :is "subject" ["Birnen", "ÄPFEL"]
header :comparator "i;unicode-casemap" :value "lt" "subject" "birnen"
header :comparator "i;unicode-casemap" :value "gt" "subject" "APFEL"
