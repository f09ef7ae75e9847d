# RFC 6609 3.2: an included script acts, and its return goes back; stop ends all.
--- script
require ["include", "fileinto"];
include :personal "one";
fileinto "main";
include :global "two";
fileinto "never";
--- script personal one
require ["include", "fileinto"];
fileinto "one";
return;
fileinto "never";
--- script global two
require "fileinto";
fileinto "two";
stop;
--- actions
fileinto "one"
fileinto "main"
fileinto "two"
