# RFC 5228 2.6.2: a tag stands there once.
--- script
if header :is :is "subject" "a" { stop; }
--- error
line 1, column 15: `:is` stands there twice
