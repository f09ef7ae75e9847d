# RFC 5228 5.4: each part of the null reverse path is empty.
--- given
from 
--- require
require "envelope";
--- true
envelope "from" ""
envelope :localpart "from" ""
envelope :domain "from" ""
--- false
envelope :contains "from" "@"
