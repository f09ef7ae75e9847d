# RFC 5229 3.2: each wildcard stands for as little as it can.
--- script
require ["variables", "fileinto"];
if string :matches "frop.fnord.aaa" "*.*" { fileinto "${1}/${2}"; }
if string :matches "a.b.c" "*?" { fileinto "${1}/${2}"; }
--- actions
fileinto "frop/fnord.aaa"
fileinto "a.b./c"
