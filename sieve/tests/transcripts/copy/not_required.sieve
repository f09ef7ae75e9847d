# RFC 3894 2: :copy needs its capability.
--- script
redirect :copy "me@example.com";
--- error
line 1, column 10: `:copy` needs `require "copy";`
