# RFC 7352 3.2: where the id is from does not matter, the handle does.
--- script
require ["duplicate", "variables"];
if header :matches "message-id" "*" {
  if duplicate :uniqueid "${0}" { discard; }
}
if duplicate :header "Message-ID" :seconds 50 { discard; }
if duplicate :handle "other" { discard; }
--- actions
keep
remember 50
remember 604800
