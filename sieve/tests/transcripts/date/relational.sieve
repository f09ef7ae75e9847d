# RFC 5260 4: dates in order.
--- require
require ["date", "relational", "index"];
--- message
Received: from a by b; Wed, 7 Dec 2005 10:00:00 +0000
Received: from c by a; Tue, 6 Dec 2005 09:00:00 +0000
Date: Tue, 6 Dec 2005 08:00:00 +0000

--- true
date :value "ge" "received" "date" "2005-12-07"
date :index 1 "received" "day" "07"
date :last :index 1 "received" "day" "06"
date :index 2 "received" "hour" "09"
not date :index 3 :contains "received" "hour" ""
date :count "eq" "received" "date" "2"
