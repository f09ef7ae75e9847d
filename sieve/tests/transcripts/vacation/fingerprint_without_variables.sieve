# RFC 5230 4.2: what variables hold does not make another reply; a second use is one too many all the same.
--- script
require ["vacation", "variables"];
if header :matches "subject" "*" { vacation :subject "Re: ${1}" "Away."; }
--- actions
vacation to sender@example.net seconds 604800 subject "Re: Hello" text "Away." in-reply-to <1@example.net> references <1@example.net>
keep
