# RFC 5228 2.4.2.4: without the capability nothing is decoded.
--- message
Subject: ${hex:40}

--- true
header "subject" "${hex:40}"
--- false
header "subject" "@"
