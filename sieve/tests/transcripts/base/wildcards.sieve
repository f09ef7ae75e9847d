# RFC 5228 2.7.1: `*` is any characters, `?` is one, a backslash takes their meaning away.
--- message
Subject: a*b?c\d äö

--- true
header :matches "subject" "a\\*b\\?c*"
header :matches "subject" "a*b*c*d*"
header :matches "subject" "*\\\\d*"
header :matches "subject" "* ??"
header :matches "subject" "*"
header :matches "subject" "???????*"
--- false
header :matches "subject" "a\\*c*"
header :matches "subject" "* ?"
header :matches "subject" ""
header :matches "subject" "?a*"
