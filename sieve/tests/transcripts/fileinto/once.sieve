# RFC 5228 2.10.3: a message is filed once into one mailbox.
--- script
require "fileinto";
fileinto "a"; fileinto "b"; fileinto "a";
--- actions
fileinto "a"
fileinto "b"
