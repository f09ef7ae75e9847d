# Ours: a subject cannot break out of its line.
--- script
require "vacation";
vacation "Away.";
--- message
From: sender@example.net
To: owner@example.org
Subject: =?utf-8?q?a=0D=0ABcc:_victim@example.net?=

--- actions
vacation to sender@example.net seconds 604800 subject "Auto: a  Bcc: victim@example.net" text "Away."
keep
