# RFC 5260 4.2: parts of a date, in the zone of the account.
--- given
offset 60
--- require
require "date";
--- message
Date: Wed, 7 Dec 2005 23:08:02 -0100
X-Bad: yesterday

--- true
date "date" "date" "2005-12-08"
date "date" "hour" "01"
date :zone "-0100" "date" "date" "2005-12-07"
date :originalzone "date" "hour" "23"
date :originalzone "date" "zone" "-0100"
date "date" "weekday" "4"
date :contains "date" "std11" "Thu, 08 Dec 2005"
date :matches "date" "iso8601" "2005-12-08T01:08:02+01:00"
date "date" "julian" "53712"
not date :contains "date" "century" ""
not date :contains "x-bad" "year" ""
not date :contains "x-none" "year" ""
