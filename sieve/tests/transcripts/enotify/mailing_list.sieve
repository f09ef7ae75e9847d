# RFC 5436 3: the example of a list.
--- script
require ["enotify", "variables"];
if header :contains "list-id" "knitting.example.com" {
  if header :matches "Subject" "[*] *" {
    notify :message "From ${1} list: ${2}" :importance "3"
      "mailto:0123456789@sms.example.net?to=backup@example.com";
  }
}
--- message
Precedence: list
List-Id: Knitting Mailing List <knitting.example.com>
From: "Jeff Smith" <jeff@hobbies.example.com>
Subject: [Knitting] A new sweater

--- actions
notify to 0123456789@sms.example.net,backup@example.com importance 3 subject "From Knitting list: A new sweater" body "From: \"Jeff Smith\" <jeff@hobbies.example.com>\r\nSubject: [Knitting] A new sweater\r\n"
keep
