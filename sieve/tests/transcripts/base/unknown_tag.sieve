# RFC 5228 2.6.2: tags that a command does not know are errors.
--- script
if header :regex "subject" "a" { stop; }
--- error
line 1, column 11: `header` knows no `:regex`
