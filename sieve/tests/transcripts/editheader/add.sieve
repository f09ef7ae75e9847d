# RFC 5293 4: a field is added at the top, or with :last at the bottom.
--- script
require ["editheader", "fileinto"];
addheader "X-First" "1";
addheader :last "X-Last" "Grüße";
fileinto "a";
--- actions
fileinto "a" edition 1
--- message
Subject: a
 b

body
--- edition 1
X-First: 1
Subject: a
 b
X-Last: =?utf-8?b?R3LDvMOfZQ==?=

body
