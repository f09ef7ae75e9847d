//! zgrab2: one object for each host, with what each module (`http`, `smtp`, `imap`, `pop3`) found below `data`.

use serde_json::Value;

use super::json::{at, header, number, text};
use super::{Piece, Sink, address};
use crate::census::recognise::{self, Seen};
use crate::census::{Day, Sighting};

/// Modules of one host that are looked at.
const MODULES_MAX: usize = 64;

pub(super) fn sightings(host: &Value, date: Option<Day>, sink: &mut Sink<'_>) -> Piece {
    let Some(ip) = address(text(host, &["ip"])) else {
        return Piece::Unreadable;
    };
    let modules = at(host, &["data"]).and_then(Value::as_object);
    let mut piece = Piece::Other;
    for (name, module) in modules.into_iter().flatten().take(MODULES_MAX) {
        let protocol = text(module, &["protocol"]);
        let protocol = if protocol.is_empty() {
            name.as_str()
        } else {
            protocol
        };
        let Some(seen) = at(module, &["result"]).and_then(recognised) else {
            continue;
        };
        let Some(day) = date.or_else(|| Day::parse(text(module, &["timestamp"]))) else {
            piece = Piece::Unreadable;
            continue;
        };
        let port = u16::try_from(number(module, &["port"])).unwrap_or(0);
        let port = if port == 0 {
            usual_port(protocol)
        } else {
            port
        };
        let mut sighting = Sighting::at(ip, port, day);
        sighting.product = seen.product;
        sighting.version = seen.version;
        sighting.hostname = text(host, &["domain"]);
        if !sink(sighting) {
            return Piece::Stop;
        }
        piece = Piece::Read;
    }
    piece
}

fn recognised(result: &Value) -> Option<Seen<'_>> {
    let response = at(result, &["response"]);
    let page = response.and_then(|response| {
        let version =
            at(response, &["headers"]).map_or("", |headers| header(headers, "x-owa-version"));
        recognise::page(version, text(response, &["body"]))
    });
    recognise::best([page, recognise::banner(text(result, &["banner"]))])
}

/// Where a module looks if it was not told another port; zgrab2 does not always say.
fn usual_port(protocol: &str) -> u16 {
    match protocol {
        "smtp" => 25,
        "imap" => 143,
        "pop3" => 110,
        "http" => 443,
        _ => 0,
    }
}
