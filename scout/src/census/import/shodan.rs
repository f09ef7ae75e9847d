//! Shodan: one object for each banner, with `ip_str`, `port`, `data`, `http`, `location`.

use serde_json::Value;

use super::json::{first, number, text};
use super::{Piece, Sink, address};
use crate::census::{Day, Sighting, recognise};

pub(super) fn sightings(banner: &Value, date: Option<Day>, sink: &mut Sink<'_>) -> Piece {
    let ip = text(banner, &["ip_str"]);
    let ip = if ip.is_empty() {
        text(banner, &["ipv6"])
    } else {
        ip
    };
    let day = date.or_else(|| Day::parse(text(banner, &["timestamp"])));
    let port = u16::try_from(number(banner, &["port"]));
    let (Some(ip), Some(day), Ok(port)) = (address(ip), day, port) else {
        return Piece::Unreadable;
    };
    let page = text(banner, &["http", "html"]);
    let page = if page.is_empty() {
        text(banner, &["html"])
    } else {
        page
    };
    let seen = recognise::best([
        // `data` has the headers of an answer, or the greeting.
        recognise::answer(text(banner, &["data"]), page),
        recognise::named(text(banner, &["product"]), text(banner, &["version"])),
        recognise::banner(text(banner, &["data"])),
    ]);
    let Some(seen) = seen else {
        return Piece::Other;
    };
    let mut sighting = Sighting::at(ip, port, day);
    sighting.product = seen.product;
    sighting.version = seen.version;
    sighting.country = text(banner, &["location", "country_code"]);
    sighting.asn = number(banner, &["asn"]);
    sighting.hostname = first(banner, &["hostnames"]);
    if sink(sighting) {
        Piece::Read
    } else {
        Piece::Stop
    }
}
