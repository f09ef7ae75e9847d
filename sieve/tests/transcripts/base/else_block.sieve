# RFC 5228 3.1: else is run if nothing before it was true.
--- script
require "fileinto";
if false { fileinto "a"; } else { fileinto "b"; }
IF FALSE { FileInto "c"; }
--- actions
fileinto "b"
