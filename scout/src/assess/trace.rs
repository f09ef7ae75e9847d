//! Trace: one thing that was noticed in evidence, before it is known to which run it belongs.

use evidence::Moment;

use crate::assessment::{Chain, Citation, EXCERPT_OCTETS_MAX, Grade, Rung};

/// Something that was noticed.
#[derive(Clone, Debug)]
pub(crate) struct Trace {
    pub(crate) chain: Chain,
    pub(crate) rung: Rung,
    /// [`Grade::Note`] weighs only in a run in which something else weighs.
    pub(crate) grade: Grade,
    pub(crate) at: Option<Moment>,
    pub(crate) says: String,
    pub(crate) cites: Citation,
    /// What joins it to others.
    pub(crate) keys: Keys,
}

/// What joins traces to each other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Keys {
    /// The address from which it came; empty if unknown.
    pub(crate) address: String,
    /// Ids of requests.
    pub(crate) requests: Vec<String>,
    /// Names of planted files, in small letters.
    pub(crate) markers: Vec<String>,
    /// What the program called itself.
    pub(crate) agent: String,
}

/// Cites a line of a file.
pub(crate) fn cite(file: &str, line: u64, text: &[u8]) -> Citation {
    let text = text.trim_ascii_end();
    let cut = &text[..text.len().min(EXCERPT_OCTETS_MAX)];
    let text_of_cut = String::from_utf8_lossy(cut);
    let mut excerpt = String::with_capacity(cut.len());
    for part in text_of_cut
        .split(['\r', '\n', '\t'])
        .filter(|part| !part.is_empty())
    {
        if !excerpt.is_empty() {
            excerpt.push(' ');
        }
        excerpt.push_str(part.trim());
    }
    if cut.len() < text.len() {
        // A letter that was cut in two is no letter.
        excerpt.truncate(excerpt.trim_end_matches(char::REPLACEMENT_CHARACTER).len());
        excerpt.push('…');
    }
    Citation {
        file: file.to_owned(),
        line,
        text: excerpt,
    }
}

/// Whether an address is one of the public Internet.
pub(crate) fn is_public(address: &str) -> bool {
    use std::net::IpAddr;
    let address = address.split('%').next().unwrap_or(address);
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => {
            let [a, b, ..] = v4.octets();
            // RFC 6598 7: 100.64.0.0/10 is shared inside of networks.
            let is_shared = a == 100 && (64..128).contains(&b);
            !(v4.is_private()
                || v4.is_loopback()
                || v4.is_link_local()
                || v4.is_unspecified()
                || v4.is_broadcast()
                || is_shared)
        }
        Ok(IpAddr::V6(v6)) => {
            if let Some(v4) = v6.to_ipv4_mapped() {
                return is_public(&v4.to_string());
            }
            !(v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unique_local()
                || v6.is_unicast_link_local())
        }
        Err(_) => false,
    }
}
