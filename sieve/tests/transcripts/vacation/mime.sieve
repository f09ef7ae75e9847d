# RFC 5230 4.4: with :mime the text is an entity with its own header fields.
--- script
require "vacation";
vacation :mime text:
Content-Type: text/html

<p>Away</p>
.
;
--- actions
vacation to sender@example.net seconds 604800 subject "Auto: Hello" mime "Content-Type: text/html\n\n<p>Away</p>\n" in-reply-to <1@example.net> references <1@example.net>
keep
