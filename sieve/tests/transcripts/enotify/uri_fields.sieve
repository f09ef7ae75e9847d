# RFC 5436 2.7: what the URI names is used, but for fields of the message itself.
--- script
require "enotify";
notify :from "me@example.org" "mailto:a@x.example?to=b%40x.example&cc=c@x.example&subject=Hi&body=Text&from=evil@x.example&received=no&x-a=b";
--- actions
notify to a@x.example,b@x.example cc c@x.example from "me@example.org" importance 2 subject "Hi" body "Text" X-A: "b"
keep
