//! Censys: one object for each host, with `ip`, `services`, `location`, `autonomous_system`; as the search of 2021 and the platform of
//! today hand it out.

use serde_json::Value;

use super::json::{at, first, header, number, text};
use super::{Piece, Sink, address};
use crate::census::recognise::{self, Seen};
use crate::census::{Day, Sighting};

/// Services of one host that are looked at.
const SERVICES_MAX: usize = 1_000;

pub(super) fn sightings(host: &Value, date: Option<Day>, sink: &mut Sink<'_>) -> Piece {
    let Some(ip) = address(text(host, &["ip"])) else {
        return Piece::Unreadable;
    };
    let whole_day = ["last_updated_at", "scan_time"]
        .iter()
        .find_map(|name| Day::parse(text(host, &[name])));
    let services = at(host, &["services"]).and_then(Value::as_array);
    let mut piece = Piece::Other;
    for service in services.into_iter().flatten().take(SERVICES_MAX) {
        let Some(seen) = recognised(service) else {
            continue;
        };
        let own_day = ["observed_at", "scan_time"]
            .iter()
            .find_map(|name| Day::parse(text(service, &[name])));
        let port = u16::try_from(number(service, &["port"]));
        let (Some(day), Ok(port)) = (date.or(own_day).or(whole_day), port) else {
            piece = Piece::Unreadable;
            continue;
        };
        let mut sighting = Sighting::at(ip, port, day);
        sighting.product = seen.product;
        sighting.version = seen.version;
        sighting.country = text(host, &["location", "country_code"]);
        sighting.asn = number(host, &["autonomous_system", "asn"]);
        sighting.hostname = name(host);
        if !sink(sighting) {
            return Piece::Stop;
        }
        piece = Piece::Read;
    }
    piece
}

fn name(host: &Value) -> &str {
    let reverse = first(host, &["dns", "reverse_dns", "names"]);
    if reverse.is_empty() {
        first(host, &["dns", "names"])
    } else {
        reverse
    }
}

fn recognised(service: &Value) -> Option<Seen<'_>> {
    let software = at(service, &["software"]).and_then(Value::as_array);
    let named = software.into_iter().flatten().filter_map(|software| {
        recognise::named_by(
            text(software, &["vendor"]),
            text(software, &["product"]),
            text(software, &["version"]),
        )
    });
    let mut seen = recognise::best(named.map(Some));
    // `http.response` in 2021, `endpoints[].http` today.
    let endpoints = at(service, &["endpoints"]).and_then(Value::as_array);
    let today = endpoints
        .into_iter()
        .flatten()
        .filter_map(|endpoint| at(endpoint, &["http"]));
    for response in at(service, &["http", "response"]).into_iter().chain(today) {
        let version =
            at(response, &["headers"]).map_or("", |headers| header(headers, "x-owa-version"));
        let page = recognise::page(version, text(response, &["body"]));
        seen = recognise::best([seen, page]);
    }
    recognise::best([seen, recognise::banner(text(service, &["banner"]))])
}
