# RFC 5173 6: wildcards of a body test leave nothing behind.
--- script
require ["body", "variables", "fileinto"];
if header :matches "subject" "*" { if body :matches "*are*" { fileinto "${1}"; } }
--- actions
fileinto "Hello"
