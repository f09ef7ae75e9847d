# RFC 5228 2.4.2.4: a number beyond Unicode, or of a surrogate, is an error.
--- script
require "encoded-character";
redirect "${unicode:DF01}";
--- error
line 2, column 10: `${unicode:DF01}` names no character of Unicode
