# RFC 6009 5: a bad value is an error.
--- script
require "redirect-dsn";
redirect :notify "NEVER,DELAY" "me@example.com";
--- error
line 2, column 18: `NEVER,DELAY` is not allowed here
