# RFC 5703 3: loops within loops have a bound.
--- script
require "foreverypart";
foreverypart { foreverypart { foreverypart { foreverypart { foreverypart { stop; } } } } }
--- error
line 2, column 61: at most 4 loops stand within each other
