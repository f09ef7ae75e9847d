# RFC 5233 4: the separator is the house's.
--- given
separators -_
--- require
require "subaddress";
--- message
To: ken-sieve@example.org

--- true
address :detail "to" "sieve"
