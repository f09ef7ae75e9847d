# RFC 5228 2.10.5: tests that nobody knows are errors.
--- script
if subject "a" { stop; }
--- error
line 1, column 4: there is no test `subject`
