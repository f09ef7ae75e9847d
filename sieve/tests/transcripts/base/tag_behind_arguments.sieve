# RFC 5228 2.6: tags stand before the other arguments.
--- script
if header "subject" :is "a" { stop; }
--- error
line 1, column 21: `:is` stands where `header` expects keys; tags stand before the other arguments
