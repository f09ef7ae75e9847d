# RFC 5173 5.2: the example of which parts a media type means.
--- require
require "body";
--- message
From: Whomever
Content-Type: multipart/mixed; boundary=outer

This is a multi-part message in MIME format.

--outer
Content-Type: multipart/alternative; boundary=inner

This is a nested multi-part message in MIME format.

--inner
Content-Type: text/plain; charset="us-ascii"

Hello

--inner
Content-Type: text/html; charset="us-ascii"

<html><body>Hello html</body></html>

--inner--

This is the end of the inner MIME multipart.

--outer
Content-Type: message/rfc822

From: Someone Else
Subject: hello request

Please say Hello

--outer--

This is the end of the outer MIME multipart.
--- true
body :content "multipart" :contains "end of the inner MIME"
body :content "multipart" :contains "nested multi-part"
body :content "multipart/mixed" :contains "end of the outer"
not body :content "multipart/mixed" :contains "nested"
body :content "text/plain" :contains "please say hello"
not body :content "text/plain" :contains "html"
body :content "text/html" :contains "hello html"
body :content "text" :contains "<html>"
body :content "message/rfc822" :contains "hello request"
not body :content "message/rfc822" :contains "please"
body :content "" :contains "please"
not body :content "text/" :contains "hello"
not body :content "/plain" :contains "hello"
not body :content "audio/mp3" :contains ""
body :content "TEXT/PLAIN" :contains "hello"
