# RFC 5703 7: it stands within a loop.
--- script
require ["variables", "extracttext"];
extracttext "text";
--- error
line 2, column 1: `extracttext` stands within `foreverypart`
