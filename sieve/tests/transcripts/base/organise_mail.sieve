# RFC 5228 9: a script of several rules in a row, of which the first that fits decides.
--- script
require ["fileinto", "reject"];
if header :is "Sender" "owner-list@example.org" {
  fileinto "filter";
}
elsif address :DOMAIN :is ["From", "To"] "example.com" {
  keep;
}
elsif anyof (NOT address :all :contains ["To", "Cc", "Bcc"] "me@example.com",
             header :matches "subject" ["*make*money*fast*", "*university*dipl*mas*"]) {
  fileinto "spam";
}
else {
  fileinto "personal";
}
--- message
From: x@example.net
To: Me <me@example.org>
Subject: Make more MONEY really fast now

--- actions
fileinto "spam"
