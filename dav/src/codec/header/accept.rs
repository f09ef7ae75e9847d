//! `Accept` for contact cards: in which version of vCard they are wanted (RFC 6352 5.1.1, RFC 6350 10.1).

pub use vcard::Version as VcardVersion;

use super::simple::{MediaType, split_quoted};

/// The version that `Accept` prefers; none where it leaves the choice to the server.
#[must_use]
pub fn accepted_vcard_version(value: &str) -> Option<VcardVersion> {
    let mut best: Option<(u16, VcardVersion)> = None;
    for entry in split_quoted(value, ',') {
        let Ok(media) = MediaType::parse(entry) else {
            continue;
        };
        let version = match media.essence.as_str() {
            "text/vcard" => media.parameter("version").and_then(VcardVersion::parse),
            // RFC 2426 before RFC 6350: the older names meant the older version.
            "text/x-vcard" | "text/directory" => Some(VcardVersion::V3),
            _ => None,
        };
        let quality = media.parameter("q").map_or(1_000, quality);
        if let Some(version) = version
            && quality > 0
            && best.is_none_or(|(known, _)| quality > known)
        {
            best = Some((quality, version));
        }
    }
    best.map(|(_, version)| version)
}

/// RFC 9110 12.4.2 `qvalue`, in thousandths; what is malformed counts as unwanted.
fn quality(text: &str) -> u16 {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = fraction.len() <= 3 && fraction.bytes().all(|octet| octet.is_ascii_digit());
    match whole {
        "1" => 1_000,
        "0" if digits => format!("{fraction:0<3}").parse().unwrap_or(0),
        _ => 0,
    }
}
