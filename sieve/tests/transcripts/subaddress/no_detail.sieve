# RFC 5233 4: an address without a separator matches no detail, not even an empty one.
--- require
require ["subaddress"];
--- message
To: ken@example.org

--- false
address :detail "to" ""
address :detail :contains "to" ""
