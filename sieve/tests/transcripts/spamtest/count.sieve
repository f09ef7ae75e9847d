# RFC 5235 3.1: what nobody looked at counts nothing.
--- require
require ["spamtestplus", "virustest", "relational"];
--- given
virus 1
--- true
spamtest :percent :count "eq" "0"
virustest :count "eq" "1"
