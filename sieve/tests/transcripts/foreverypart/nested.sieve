# RFC 5703 3: an inner loop is over the parts within the current one.
--- script
require ["foreverypart", "mime", "variables", "fileinto"];
foreverypart :name "outer" {
  if header :mime :subtype "Content-Type" "alternative" {
    foreverypart {
      if header :mime :subtype :matches "Content-Type" "*" { set "all" "${all} ${1}"; }
      if header :mime :subtype "Content-Type" "html" { break :name "outer"; }
    }
  }
  set "all" "${all}.";
}
fileinto "${all}";
--- message
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: text/plain

--o
Content-Type: multipart/alternative; boundary=i

--i
Content-Type: text/plain

--i
Content-Type: text/html

--i--
--o
Content-Type: image/png

--o--
--- actions
fileinto ".. plain html"
