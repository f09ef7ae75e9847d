# RFC 5233 4: user and detail of a local part; without a separator there is no detail.
--- require
require ["subaddress"];
--- message
To: ken+sieve@example.org
Cc: ken@example.org, ken+@example.org

--- true
address :user "to" "ken"
address :detail "to" "sieve"
address :user "cc" "ken"
address :detail "cc" ""
--- false
address :detail "to" "ken"
address :contains :detail "to" "@"
