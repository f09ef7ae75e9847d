# RFC 5228 2.3: comments stand where white space may.
--- script
require /* the word */ "fileinto" # the name
;
/* if true { discard; } */
if /**/ true { fileinto # here
"a" /* * / */ ; }
--- actions
fileinto "a"
