# RFC 5293 6: traces cannot be deleted, and trying is no error.
--- script
require "editheader";
deleteheader "Received";
deleteheader "Auto-Submitted";
addheader "Auto-Submitted" "no";
keep;
--- message
Received: a
Auto-Submitted: auto-generated

--- actions
keep
