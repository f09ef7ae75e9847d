//! Where a domain wants its TLS reports: the record `_smtp._tls` (RFC 8460 3).

/// Octets of a record that is read.
const RECORD_OCTETS_MAX: usize = 4_096;
/// Octets of one destination.
const DESTINATION_OCTETS_MAX: usize = 1_000;

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Destination {
    /// To this address.
    Mail(String),
    /// To this URL.
    Web(String),
}

/// Reads the TXT records at the name; nothing where they are not exactly one that can be read.
pub(super) fn read(records: &[Vec<u8>]) -> Vec<Destination> {
    let mut found = records.iter().filter_map(|record| {
        let text = std::str::from_utf8(record).ok()?;
        // RFC 8460 3: records that do not begin with the version are not meant.
        let rest = text.strip_prefix("v=TLSRPTv1")?.trim_start();
        (record.len() <= RECORD_OCTETS_MAX).then_some(rest.strip_prefix(';')?)
    });
    // RFC 8460 3: of more than one, none counts.
    let (Some(fields), None) = (found.next(), found.next()) else {
        return Vec::new();
    };
    let rua = fields.split(';').find_map(|field| {
        let (name, value) = field.split_once('=')?;
        (name.trim() == "rua").then_some(value)
    });
    let uris = rua.unwrap_or_default().split(',');
    uris.filter_map(|uri| destination(uri.trim())).collect()
}

fn destination(uri: &str) -> Option<Destination> {
    let plain = uri.len() <= DESTINATION_OCTETS_MAX && uri.bytes().all(|it| it.is_ascii_graphic());
    if !plain {
        return None;
    }
    if uri.get(..8)?.eq_ignore_ascii_case("https://") {
        return Some(Destination::Web(uri.to_owned()));
    }
    let (scheme, address) = uri.split_once(':')?;
    let address = address.split('?').next()?;
    let (local, domain) = address.rsplit_once('@')?;
    // An address that needs escapes or quotes is none that receives reports.
    let fits = |text: &str, allowed: &[u8]| {
        let fits = |it: u8| it.is_ascii_alphanumeric() || allowed.contains(&it);
        !text.is_empty() && text.bytes().all(fits)
    };
    let is_address = fits(local, b".-_+=") && fits(domain, b".-");
    (scheme.eq_ignore_ascii_case("mailto") && is_address)
        .then(|| Destination::Mail(address.to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(records: &[&str]) -> Vec<Destination> {
        let records: Vec<Vec<u8>> = records.iter().map(|it| it.as_bytes().to_vec()).collect();
        read(&records)
    }

    #[test]
    fn reads_what_the_standard_shows() {
        let mail = Destination::Mail("reports@example.com".into());
        let web = Destination::Web("https://reporting.example.com/v1/tlsrpt".into());
        let one = of(&["v=TLSRPTv1;rua=mailto:reports@example.com"]);
        assert_eq!(one.first(), Some(&mail));
        assert_eq!(
            of(&[
                "v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt, mailto:reports@example.com;"
            ]),
            [web, mail]
        );
    }

    #[test]
    fn what_is_unclear_goes_nowhere() {
        let record = "v=TLSRPTv1;rua=mailto:reports@example.com";
        assert!(of(&[record, record]).is_empty());
        assert_eq!(of(&["v=spf1 -all", record]).len(), 1);
        for record in [
            "",
            "v=TLSRPTv1",
            "v=TLSRPTv10;rua=mailto:a@b",
            "v=TLSRPTv1;rua=http://example.com/",
            "v=TLSRPTv1;rua=mailto:a@b%0d%0aBcc:c@d",
            "v=TLSRPTv1;rua=mailto:@",
            "v=TLSRPTv1;rua=mailto:\u{1}@b",
        ] {
            assert!(of(&[record]).is_empty(), "{record}");
        }
    }

    proptest! {
        #[test]
        fn any_record_is_no_panic(record in prop::collection::vec(any::<u8>(), 0..80), rua in "\\PC{0,60}") {
            let _ = read(std::slice::from_ref(&record));
            let _ = of(&[&format!("v=TLSRPTv1;rua={rua}")]);
        }
    }
}
