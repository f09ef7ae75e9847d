# RFC 5703 4.1: :anychild stands with :mime.
--- script
require "mime";
if header :anychild "subject" "a" { stop; }
--- error
line 2, column 11: this stands with `:mime` only
