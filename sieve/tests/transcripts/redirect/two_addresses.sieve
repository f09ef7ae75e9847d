# RFC 5228 4.2: redirect takes one address.
--- script
redirect "me@example.com, you@example.com";
--- error
line 1, column 10: `me@example.com, you@example.com` is no address that mail can be sent to
