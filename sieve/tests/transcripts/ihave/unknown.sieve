# RFC 5463 4: what an ihave shuts off is not understood, and need not be.
--- script
require ["ihave", "fileinto"];
if allof (ihave "regex", header :regex "subject" "a.*b") { frobnicate :hard "x"; }
elsif not ihave "vnd.unknown" { fileinto "fallback"; }
else { frobnicate "y"; }
--- actions
fileinto "fallback"
