# RFC 6131 2: days or seconds, not both.
--- script
require "vacation-seconds";
vacation :seconds 1 :days 1 "Away.";
--- error
line 2, column 21: `vacation` takes `:days` or `:seconds`, not both
