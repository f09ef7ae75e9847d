# RFC 8580 3: what belongs to the copy stands with :fcc.
--- script
require ["vacation", "fcc", "mailbox"];
vacation :create "Away.";
--- error
line 2, column 10: this stands with `:fcc` only
