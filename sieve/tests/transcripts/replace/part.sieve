# RFC 5703 5: the example of attachments that are taken out; all else stays octet for octet.
--- script
require [ "foreverypart", "mime", "replace" ];
foreverypart {
  if anyof (
    header :mime :contenttype :is "Content-Type" "application/exe",
    header :mime :param "filename" :matches ["Content-Type", "Content-Disposition"] "*.com" )
  {
    replace "Executable attachment removed by user filter";
  }
}
--- message
Subject:   a
Content-Type: multipart/mixed; boundary=b

pro
--b
Content-Type: application/exe
Content-Transfer-Encoding: base64

AAAA
--b
Content-Disposition: attachment; filename="x.COM"

evil
--b
Content-Type: text/plain

good
--b--
epi
--- actions
keep edition 1
--- edition 1
Subject:   a
Content-Type: multipart/mixed; boundary=b

pro
--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

Executable attachment removed by user filter
--b
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

Executable attachment removed by user filter
--b
Content-Type: text/plain

good
--b--
epi
