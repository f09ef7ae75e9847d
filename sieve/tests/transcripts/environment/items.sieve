# RFC 5183 4.1: items, and none that is not known.
--- given
domain example.org
host mx.example.org
remote-ip 192.0.2.1
--- require
require ["environment", "relational"];
--- true
environment "domain" "EXAMPLE.org"
environment :contains "host" "mx"
environment "location" "MDA"
environment "phase" "during"
environment :matches "remote-ip" "192.0.2.*"
environment "name" "wachpost"
environment "imap.user" ""
environment "imap.cause" ""
environment "remote-host" ""
environment :count "eq" "remote-host" "0"
not environment :contains "vnd.nothing" ""
environment :count "eq" "domain" "1"
environment :count "eq" "vnd.nothing" "0"
