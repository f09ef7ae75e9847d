# RFC 5229 6: values are cut where they are too long, without an error.
--- script
require ["variables", "fileinto"];
set "a" "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";
set "a" "${a}${a}${a}${a}${a}${a}${a}${a}${a}${a}";
set "a" "${a}${a}${a}${a}${a}${a}${a}${a}${a}${a}";
set "a" "${a}${a}${a}${a}${a}${a}${a}${a}${a}${a}";
set :length "b" "${a}";
fileinto "${b}";
--- actions
fileinto "16384"
