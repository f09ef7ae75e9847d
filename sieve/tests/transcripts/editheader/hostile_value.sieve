# Ours: a value cannot begin a field of its own.
--- script
require ["editheader", "variables"];
addheader "X-A" "b
Bcc: victim@example.net";
--- message
Subject: a

--- edition 1
X-A: b Bcc: victim@example.net
Subject: a
