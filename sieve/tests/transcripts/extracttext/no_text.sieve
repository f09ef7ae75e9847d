# RFC 5703 7: of what is no text, or cannot be decoded, nothing.
--- script
require ["foreverypart", "variables", "extracttext", "fileinto"];
set "text" "before";
foreverypart { extracttext "text"; }
fileinto "[${text}]";
--- message
Content-Type: text/plain
Content-Transfer-Encoding: x-unknown

abc
--- actions
fileinto "[]"
