# RFC 3894 3: with :copy the implicit keep stays.
--- script
require ["copy", "fileinto"];
fileinto :copy "a";
redirect :copy "me@example.com";
--- actions
fileinto "a"
redirect me@example.com
keep
