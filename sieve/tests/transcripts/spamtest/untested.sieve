# RFC 5235 3.2: 0 for what nobody looked at.
--- require
require ["spamtest", "spamtestplus", "relational"];
--- true
spamtest "0"
spamtest :percent "0"
