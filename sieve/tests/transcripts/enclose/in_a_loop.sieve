# RFC 5703 6: after the enclosure tests use the new message; the loop goes on with the parts it has not seen.
--- script
require ["enclose", "foreverypart", "mime", "variables", "fileinto"];
foreverypart {
  if header :mime :subtype "Content-Type" "png" { enclose :subject "Warning" "There is a picture."; }
  if header :mime :contenttype :matches "Content-Type" "*" { set "all" "${all} ${1}"; }
}
if header "subject" "Warning" { fileinto "${all}"; }
--- message
Subject: Hello
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: image/png

--o
Content-Type: text/html

--o--
--- actions
fileinto " multipart/mixed image/png text/html" edition 1
