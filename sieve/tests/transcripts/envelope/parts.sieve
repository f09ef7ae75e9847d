# RFC 5228 5.4: the paths of the SMTP transaction.
--- given
from MAILER@Example.COM
to owner+sub@example.org
auth alice
--- require
require ["envelope", "subaddress"];
--- true
envelope "from" "mailer@example.com"
envelope :domain "from" "example.com"
envelope :localpart ["to", "from"] "mailer"
envelope :detail "to" "sub"
envelope :user "to" "owner"
envelope "auth" "alice"
--- false
envelope "to" "mailer@example.com"
envelope :domain "auth" "alice"
