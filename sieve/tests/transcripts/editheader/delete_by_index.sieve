# RFC 5293 5: the occurrence is counted before the value is looked at; 7: each deletion counts anew.
--- script
require "editheader";
deleteheader :index 1 "X-Hello";
deleteheader :index 2 "X-Hello";
deleteheader :index 1 :last :contains "X-Other" "a";
keep;
--- message
X-Hello: 1
X-Hello: 2
X-Hello: 3
X-Other: a
X-Other: b

--- actions
keep edition 1
--- edition 1
X-Hello: 2
X-Other: a
X-Other: b
