# RFC 5293 7: tests see the header as it is by then, and actions take it so.
--- script
require ["editheader", "fileinto", "copy"];
fileinto "before";
addheader "X-Hello" "World";
if header "x-hello" "world" { fileinto "after"; redirect "me@example.com"; }
deleteheader "Subject";
if not exists "subject" { fileinto "last"; }
--- actions
fileinto "before"
fileinto "after" edition 1
redirect me@example.com edition 1
fileinto "last" edition 2
