# RFC 5228 4.2: redirect cancels the implicit keep.
--- script
redirect "Me <me@example.com>";
--- actions
redirect me@example.com
