//! Indicators: addresses, paths and hashes of the attacks of March 2021, kept in the program, and the places where more are found.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use evidence::{Moment, place};

/// One a line, as the notice at its head tells.
const LIST: &str = include_str!("indicators/march2021.txt");

/// 2021-01-01: the first attacks came on the third.
pub(crate) const ADDRESSES_FROM: Moment = Moment(1_609_459_200_000);
/// 2022-01-01: by then an address has another owner.
pub(crate) const ADDRESSES_UNTIL: Moment = Moment(1_640_995_200_000);

/// The list, read once.
#[derive(Debug, Default)]
struct Known {
    addresses: Vec<&'static str>,
    hashes: BTreeSet<String>,
    /// In normal form.
    paths: BTreeSet<String>,
    pages: BTreeSet<String>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let mut known = Known::default();
    for line in LIST.lines().filter(|line| !line.starts_with('#')) {
        let Some((kind, value)) = line.split_once(' ') else {
            continue;
        };
        match kind {
            "address" => known.addresses.push(value),
            "sha256" => {
                known.hashes.insert(value.to_ascii_lowercase());
            }
            "path" => {
                let normal = place::normal(value);
                known.pages.insert(place::name(&normal));
                known.paths.insert(normal);
            }
            _ => {}
        }
    }
    known
});

/// Addresses from which servers were attacked.
pub(crate) fn addresses() -> impl Iterator<Item = &'static str> {
    KNOWN.addresses.iter().copied()
}

/// Whether an intruder's file had this hash, in hex.
pub(crate) fn is_known_hash(sha256: &str) -> bool {
    KNOWN.hashes.contains(&sha256.to_ascii_lowercase())
}

/// Whether an intruder's file lay there; the path in normal form, or with anything before it.
pub(crate) fn is_known_path(normal: &str) -> bool {
    KNOWN.paths.contains(normal)
        || KNOWN
            .paths
            .iter()
            .any(|path| normal.ends_with(path.as_str()))
}

/// Whether an intruder's page had this name, and no page of Microsoft's has; in small letters.
pub(crate) fn is_known_page(name: &str) -> bool {
    place::is_page(name)
        && !matches!(
            name,
            "default.aspx" | "logout.aspx" | "errorpage.aspx" | "web.config"
        )
        && KNOWN.pages.contains(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole() {
        assert_eq!(
            (
                KNOWN.addresses.len(),
                KNOWN.hashes.len(),
                KNOWN.paths.len() > 30
            ),
            (13, 14, true)
        );
        assert!(is_known_page("outlookzh.aspx") && !is_known_page("logon.aspx"));
        assert!(is_known_path(
            "/mnt/c/inetpub/wwwroot/aspnet_client/shell.aspx"
        ));
        assert!(addresses().all(crate::assess::trace::is_public));
    }
}
