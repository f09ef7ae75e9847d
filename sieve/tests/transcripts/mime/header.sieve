# RFC 5703 4.1: types and parameters, of the message or of any part.
--- require
require "mime";
--- message
Content-Type: multipart/mixed; boundary=b
Subject: a

--b
Content-Type: text/HTML; charset=utf-8
Content-Disposition: attachment; filename="Important report.pdf"

x
--b
Content-Type: image/png; name*=utf-8''Gr%C3%BC%C3%9Fe.png
Content-MD5: x

y
--b--
--- true
header :mime :type "Content-Type" "multipart"
header :mime :subtype "Content-Type" "mixed"
header :mime :contenttype "Content-Type" "multipart/mixed"
header :mime :anychild :contenttype "Content-Type" "text/html"
header :mime :anychild :type "Content-Disposition" "attachment"
header :mime :anychild :contenttype "Content-Disposition" "attachment"
header :mime :anychild :param "filename" :contains "Content-Disposition" "important"
header :mime :anychild :param ["name", "filename"] :matches ["Content-Type", "Content-Disposition"] "Grü*.png"
header :mime :anychild "content-md5" "x"
exists :mime :anychild "content-md5"
not exists :mime "content-md5"
not exists "content-md5"
not header :mime :type "Content-Type" "text"
not header :mime :anychild :subtype "Content-Type" "plain"
header :mime :type "Subject" ""
