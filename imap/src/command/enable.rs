//! `ENABLE` (RFC 5161, RFC 9051 6.3.1).

use crate::answer::Answer;
use crate::client::Client;
use crate::output::Output;

pub(super) fn run(client: &mut Client, out: &mut Output, names: &[&str]) -> Answer {
    let mut enabled: Vec<&'static str> = Vec::new();
    for name in names {
        let known = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(name));
        // RFC 5161 3.1: unknown ones are passed over.
        let Some(known) = known else { continue };
        let before = client.enabled;
        match *known {
            "CONDSTORE" => client.enabled.condstore = true,
            // RFC 7162 3.2.3: QRESYNC enables CONDSTORE, too.
            "QRESYNC" => {
                client.enabled.condstore = true;
                client.enabled.qresync = true;
            }
            "IMAP4REV2" => client.enabled.rev2 = true,
            _ => client.enabled.utf8 = true,
        }
        // RFC 5161 3.2: only what this command enabled is named.
        if before != client.enabled {
            enabled.push(if *known == "IMAP4REV2" {
                "IMAP4rev2"
            } else {
                known
            });
        }
    }
    out.encoder().enabled(&enabled);
    Answer::ok("ENABLE completed")
}

const KNOWN: [&str; 4] = ["CONDSTORE", "QRESYNC", "IMAP4REV2", "UTF8=ACCEPT"];
