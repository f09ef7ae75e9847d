# RFC 5228 2.7.1: a test has one match type.
--- script
if header :is :contains "subject" "a" { stop; }
--- error
line 1, column 15: `:contains` is a second match type; there is one
