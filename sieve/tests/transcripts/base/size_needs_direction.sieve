# RFC 5228 5.9: one of :over and :under.
--- script
if size 100 { stop; }
--- error
line 1, column 4: `size` takes `:over` or `:under`
