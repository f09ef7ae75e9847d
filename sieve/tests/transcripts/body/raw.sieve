# RFC 5173 5.1: the body as it stands, boundaries and codes included.
--- require
require "body";
--- message
Subject: outside
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain
Content-Transfer-Encoding: quoted-printable

a=3Db
--b--
--- true
body :raw :contains "a=3Db"
body :raw :contains "--b--"
body :raw :contains "Content-Type: text/plain"
not body :raw :contains "outside"
