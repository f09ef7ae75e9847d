# RFC 5703 3: a break without its loop is an error.
--- script
require "foreverypart";
foreverypart :name "a" { break :name "b"; }
--- error
line 2, column 26: this `break` stands in no such loop
