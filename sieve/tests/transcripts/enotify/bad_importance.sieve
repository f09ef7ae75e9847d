# RFC 5435 3.4: 1, 2 or 3.
--- script
require "enotify";
notify :importance "4" "mailto:a@x.example";
--- error
line 2, column 20: `4` is not allowed here
