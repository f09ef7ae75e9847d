# Ours: an address of the message cannot break out of a command.
--- script
require "variables";
if header :matches "x-to" "*" { redirect "${1}"; }
--- message
X-To: a@example.org> RCPT TO:<b@example.org

--- fault
line 2: `a@example.org> RCPT TO:<b@example.org` is no address that mail can be sent to
--- actions
keep
