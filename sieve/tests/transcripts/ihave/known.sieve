# RFC 5463 4: what is there may be used without being required.
--- script
require "ihave";
if ihave ["fileinto", "copy"] { fileinto :copy "a"; } else { regexp "x"; }
--- actions
fileinto "a"
keep
