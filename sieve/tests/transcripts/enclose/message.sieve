# RFC 5703 6: the message becomes an attachment, octet for octet, behind a text.
--- given
now 1133950082
--- script
require "enclose";
enclose :subject "Warning" :headers ["To", "Message-ID"] "WARNING!";
--- message
Received: a
To: owner@example.org
Subject: Hello
Message-ID: <1@example.net>

body
--- actions
keep edition 1
--- edition 1
To: owner@example.org
Message-ID: <1@example.net>
From: owner@example.org
Date: Wed, 07 Dec 2005 10:08:02 +0000
Subject: Warning
MIME-Version: 1.0
Content-Type: multipart/mixed;
 boundary=BOUNDARY

--BOUNDARY
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

WARNING!
--BOUNDARY
Content-Type: message/rfc822

Received: a
To: owner@example.org
Subject: Hello
Message-ID: <1@example.net>

body

--BOUNDARY--
