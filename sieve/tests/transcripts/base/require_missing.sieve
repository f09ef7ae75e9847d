# RFC 5228 2.10.5: an extension that was not required is an error, with what to do.
--- script
# one
# two
fileinto "Archive";
--- error
line 3, column 1: `fileinto` needs `require "fileinto";`
