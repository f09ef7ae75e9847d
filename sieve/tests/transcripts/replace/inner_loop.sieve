# RFC 5703 5: a part replaced in an inner loop leaves the outer one where it was.
--- script
require ["replace", "foreverypart", "mime", "variables", "fileinto"];
foreverypart {
  set "n" "${n}o";
  if header :mime :subtype "Content-Type" "alternative" {
    foreverypart { set "n" "${n}i"; if header :mime :subtype "Content-Type" "html" { replace "gone"; } }
  }
}
fileinto "${n}";
--- message
Content-Type: multipart/alternative; boundary=o

--o
Content-Type: text/html

--o
Content-Type: text/plain

--o--
--- actions
fileinto "oiioo" edition 1
