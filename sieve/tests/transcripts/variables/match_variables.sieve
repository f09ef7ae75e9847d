# RFC 5229 3.2: wildcards that matched leave their values behind, until others match.
--- script
require ["variables", "fileinto"];
if header :matches "List-ID" "*<*@*" { fileinto "INBOX.lists.${2}"; }
if header :matches "subject" "[*] *" { fileinto "${1}-${2}-${0}"; }
if header :matches "subject" "nothing *" { stop; }
fileinto "still ${1}, ${01}, ${9}${032}.";
--- message
Subject: [acme-users] [fwd] version 1.0 is out
List-ID: Users <users@acme.example>

--- actions
fileinto "INBOX.lists.users"
fileinto "acme-users-[fwd] version 1.0 is out-[acme-users] [fwd] version 1.0 is out"
fileinto "still acme-users, acme-users, ."
