# RFC 5228 3.2: a capability that is not there is an error.
--- script
require ["fileinto", "regex"];
--- error
line 1, column 22: this server has no capability `regex`
