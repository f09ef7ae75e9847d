# RFC 5228 5.7: header compares values without white space around them, letter case aside, of any field of the names.
--- message
Subject:   Hello World  
X-Caffeine: C8H10N4O2
X-Folded: one
 two
X-Empty:
Comments: a
Comments: b

--- true
header "Subject" "hello world"
header :is ["X-None", "subject"] ["nothing", "Hello World"]
header :contains "subject" "O W"
header :matches "subject" "h?llo*"
header :comparator "i;octet" :is "subject" "Hello World"
header :is "x-caffeine" "C8H10N4O2"
header :is "x-folded" "one two"
header :is "x-empty" ""
header :contains "x-empty" ""
header :matches "x-empty" "*"
header "comments" "b"
not header "comments" "c"
--- false
header :comparator "i;octet" :is "subject" "hello world"
header :is "x-caffeine" ""
header :contains "X-None" ""
header :matches "X-None" "*"
header :is "subject" "hello"
header :matches "subject" "hello"
