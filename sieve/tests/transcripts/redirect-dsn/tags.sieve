# RFC 6009 5: the notifications that the new envelope asks for.
--- script
require ["redirect-dsn", "copy"];
redirect :copy :notify "failure,delay" :ret "hdrs" "me@example.com";
--- actions
redirect me@example.com notify FAILURE,DELAY ret HDRS
keep
