# RFC 5228 3.1: of a chain the first block whose test is true is run, or else the last one.
--- script
require "fileinto";
if header :is "subject" "bye" { fileinto "a"; }
elsif header :is "subject" "hello" { fileinto "b"; }
elsif true { fileinto "c"; }
else { fileinto "d"; }
--- actions
fileinto "b"
