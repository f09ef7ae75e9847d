# RFC 5228 8.2: a block ends with a brace.
--- script
if true {
  keep;
--- error
line 3, column 1: a block is not closed: `}` is missing
