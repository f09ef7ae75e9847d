# RFC 5228 4.2: what is no address is an error.
--- script
redirect "me";
--- error
line 1, column 10: `me` is no address that mail can be sent to
