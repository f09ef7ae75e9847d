# RFC 5229 3: without the capability nothing is filled in.
--- script
require "fileinto";
fileinto "${a}";
--- actions
fileinto "${a}"
