# RFC 5228 4.2: what is taken from the message is checked when it is used.
--- script
require "variables";
if address :matches "from" "*" { redirect "${1}"; }
--- message
From: "Jörg" <joerg@example.org>

--- actions
redirect joerg@example.org
