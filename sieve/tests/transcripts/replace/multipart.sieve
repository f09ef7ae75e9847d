# RFC 5703 5: a replaced multipart takes its parts along, and the loop does not enter what is gone.
--- script
require ["foreverypart", "mime", "replace", "variables", "fileinto"];
foreverypart {
  set "n" "${n}x";
  if header :mime :subtype "Content-Type" "alternative" {
    replace :mime "Content-Type: text/html

<p>";
  }
}
fileinto "${n}";
--- message
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: multipart/alternative; boundary=i

--i

a
--i

b
--i--
--o
Content-Type: image/png

--o--
--- actions
fileinto "xxx" edition 1
--- edition 1
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: text/html

<p>
--o
Content-Type: image/png

--o--
