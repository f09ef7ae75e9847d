# RFC 5230 4.3: an author that is no address is an error.
--- script
require "vacation";
vacation :from "me" "Away.";
--- error
line 2, column 16: `me` is not one address
