# RFC 5429 2.4: a message is delivered or refused, in either order.
--- script
require ["reject", "fileinto"];
reject "a";
fileinto "b";
--- fault
line 3: `fileinto` does not go with `reject`
