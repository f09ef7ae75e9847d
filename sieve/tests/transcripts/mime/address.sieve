# RFC 5703 4.2: addresses in the fields of parts.
--- require
require "mime";
--- message
Content-From: tim@example.com
Content-Type: multipart/mixed; boundary=b

--b
Content-From: tom@example.com

x
--b--
--- true
address :mime :is :all "content-from" "tim@example.com"
address :mime :anychild :localpart "content-from" "tom"
not address :mime "content-from" "tom@example.com"
