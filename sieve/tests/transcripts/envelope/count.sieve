# RFC 5231 4.2: the null reverse path counts nothing.
--- given
from 
--- require
require ["envelope", "relational"];
--- true
envelope :count "eq" "from" "0"
envelope :count "eq" "to" "1"
