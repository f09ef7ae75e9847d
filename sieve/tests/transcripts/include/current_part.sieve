# RFC 6609 3.5: within a loop the included script takes the part for the message.
--- script
require ["include", "foreverypart", "mime", "fileinto"];
foreverypart { if header :mime :subtype "content-type" "html" { include "part"; } }
--- script personal part
require ["body", "fileinto", "variables"];
if allof (header :matches "content-description" "*", body :contains "inner") { fileinto "${1}"; }
--- message
Content-Type: multipart/mixed; boundary=b
Content-Description: outer

--b

plain inner
--b
Content-Type: text/html
Content-Description: the page

inner
--b--
--- actions
fileinto "the page"
