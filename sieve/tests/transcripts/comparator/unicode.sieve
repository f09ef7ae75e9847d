# RFC 5051 2: letters are equal in either case and however they are composed.
--- require
require ["comparator-i;unicode-casemap"];
--- message
Subject: STRASSE in Zürich

--- true
header :comparator "i;unicode-casemap" :is "subject" "straße IN ZÜRICH"
header :comparator "i;unicode-casemap" :contains "subject" "ZÜ"
header :comparator "i;unicode-casemap" :matches "subject" "Straß? in *"
--- false
header :contains "subject" "ZÜ"
