# RFC 5703 5: a replaced message keeps its fields, and its former subject and author under other names.
--- script
require "replace";
replace :subject "Gone" :from "me@example.org" "Nothing left.";
--- message
Received: a
From: Sender <sender@example.net>
Subject: Hello
MIME-Version: 1.0
Content-Type: text/html
X-Other: b

<p>
--- actions
keep edition 1
--- edition 1
Received: a
Original-From: Sender <sender@example.net>
Original-Subject: Hello
X-Other: b
Subject: Gone
From: me@example.org
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

Nothing left.
