# RFC 5173 5.3: text of all text parts, decoded, without mark-up.
--- require
require "body";
--- message
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe aus K=F6ln
--b
Content-Type: text/html
Content-Transfer-Encoding: base64

PHA+bWlzPGI+c2lsZTwvYj48L3A+
--b
Content-Type: application/octet-stream

secret
--b--
--- true
body :text :contains "grüße"
body :contains "missile"
body :contains ["x", "aus K"]
not body :contains "secret"
not body :contains "<b>"
