# RFC 5228 5.9: not both of :over and :under.
--- script
if size :over :under 100 { stop; }
--- error
line 1, column 15: `size` takes `:over` or `:under`, not both
