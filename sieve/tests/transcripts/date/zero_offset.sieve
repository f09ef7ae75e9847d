# RFC 5260 4.2: no offset is `Z` in ISO 8601, and `+0000` elsewhere.
--- require
require "date";
--- true
currentdate :zone "+0000" "iso8601" "2005-12-07T10:08:02Z"
currentdate :zone "+0000" "zone" "+0000"
