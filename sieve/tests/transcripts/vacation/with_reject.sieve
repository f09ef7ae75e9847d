# RFC 5230 4.7: a refused message is not answered.
--- script
require ["vacation", "reject"];
reject "No.";
vacation "Away.";
--- fault
line 3: `vacation` does not go with `reject`
