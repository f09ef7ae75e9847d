# RFC 5232 1: a named set needs variables.
--- script
require "imap4flags";
addflag "mine" "\\Deleted";
--- error
line 2, column 1: `a variable of flags` needs `require "variables";`
