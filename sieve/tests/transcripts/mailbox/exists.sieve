# RFC 5490 3.1: all of the mailboxes.
--- given
mailbox Partners
mailbox Projects
--- require
require "mailbox";
--- true
mailboxexists "Partners"
mailboxexists ["Partners", "Projects"]
not mailboxexists ["Partners", "Nothing"]
