# RFC 5703 3: each part once, before those within it.
--- script
require ["foreverypart", "mime", "variables", "fileinto"];
foreverypart { if header :mime :contenttype :matches "Content-Type" "*" { set "all" "${all} ${1}"; } }
fileinto "${all}";
--- message
Content-Type: multipart/mixed; boundary=o

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
fileinto " multipart/mixed multipart/alternative text/plain text/html image/png"
