# RFC 5703 6: what is sent on is not enclosed.
--- script
require ["enclose", "copy"];
enclose "a";
redirect :copy "me@example.com";
--- actions
redirect me@example.com
keep edition 1
