# RFC 5293 5: all fields of a name, or those whose values match.
--- script
require "editheader";
deleteheader :contains "X-A" ["2", "4"];
deleteheader "X-B";
keep;
--- message
X-A: 1
X-B: 1
X-A: 2
X-B: 2
X-A: 3
X-A: 4

--- actions
keep edition 1
--- edition 1
X-A: 1
X-A: 3
