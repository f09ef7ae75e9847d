# RFC 9042 4: by id, with the name for the case that there is none.
--- given
mailboxid F6352ae03-b7f5-463c-896f-d8b48ee3
--- script
require ["mailboxid", "fileinto", "mailbox"];
if mailboxidexists "F6352ae03-b7f5-463c-896f-d8b48ee3" {
  fileinto :mailboxid "F6352ae03-b7f5-463c-896f-d8b48ee3" :create "Home";
}
if mailboxidexists "nope" { discard; }
--- actions
fileinto "Home" id "F6352ae03-b7f5-463c-896f-d8b48ee3" create
