# RFC 8579 4: by use, with the name for the case that there is none.
--- given
use \Junk Spam
--- script
require ["special-use", "fileinto", "mailbox"];
if specialuse_exists "\\Junk" { fileinto :specialuse "\\Junk" :create "Junk"; }
if specialuse_exists "Spam" ["\\junk"] { fileinto "named"; }
if anyof (specialuse_exists "Other" "\\Junk", specialuse_exists ["\\Junk", "\\Archive"]) { discard; }
--- actions
fileinto "Junk" use \Junk create
fileinto "named"
