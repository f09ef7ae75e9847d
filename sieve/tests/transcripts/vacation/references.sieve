# RFC 5230 5.8, RFC 5322 3.6.4: the references of the message and its id.
--- script
require "vacation";
vacation "Away.";
--- message
From: sender@example.net
To: owner@example.org
Subject: Re:  Hello
Message-ID: <3@example.net>
References: <1@example.net>
 <2@example.net>

--- actions
vacation to sender@example.net seconds 604800 subject "Auto: Re:  Hello" text "Away." in-reply-to <3@example.net> references <1@example.net> <2@example.net> <3@example.net>
keep
