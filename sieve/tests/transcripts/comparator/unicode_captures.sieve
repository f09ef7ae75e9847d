# RFC 5229 3.2: what wildcards stand for is taken from the value itself, whatever the comparator made of it.
--- script
require ["comparator-i;unicode-casemap", "variables", "fileinto"];
if header :comparator "i;unicode-casemap" :matches "subject" "GRÜSSE * ?r?" {
  fileinto "${0}/${1}/${2}/${3}";
}
--- message
Subject: Grüße aus Köln orö

--- actions
fileinto "Grüße aus Köln orö/aus Köln/o/ö"
