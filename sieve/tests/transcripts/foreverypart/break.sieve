# RFC 5703 3: break ends the closest loop.
--- script
require ["foreverypart", "mime", "fileinto"];
foreverypart { fileinto "a"; break; discard; }
--- actions
fileinto "a"
