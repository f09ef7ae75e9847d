# RFC 5232 3: the internal variable goes with the implicit keep.
--- script
require "imap4flags";
addflag "\\Seen";
addflag ["$a", "\\flagged \\Seen"];
removeflag "$A";
--- actions
keep (\Seen \flagged)
