# RFC 6134 2.2: values that stand in a list.
--- given
list urn:ietf:params:sieve:addrbook:default sender@example.net friend@example.net
--- script
require ["extlists", "envelope", "fileinto"];
if envelope :list "from" "urn:ietf:params:sieve:addrbook:default" { fileinto "Known"; }
if header :list "subject" ["urn:none", "urn:ietf:params:sieve:addrbook:default"] { discard; }
--- actions
fileinto "Known"
