# RFC 5228 2.10.3: a message goes to one address once.
--- script
redirect "me@example.com";
redirect "Me@Example.com";
redirect "you@example.com";
--- actions
redirect me@example.com
redirect you@example.com
