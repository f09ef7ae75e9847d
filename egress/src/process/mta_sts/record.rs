//! The TXT record that announces a policy (RFC 8461 3.1).

#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

/// RFC 8461 3.1: 1 to 32 letters and digits.
const ID_OCTETS_MAX: usize = 32;

/// The id that is announced, if exactly one record announces one.
pub(super) fn id<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Option<String> {
    // RFC 8461 3.1: records of other kinds do not count; if two are left, or none, there is no policy.
    let mut records = texts.filter(|text| text.starts_with(b"v=STSv1;") || *text == b"v=STSv1");
    let record = records.next()?;
    match records.next() {
        Some(_) => None,
        None => id_of(record),
    }
}

/// `sts-text-record`: version, then fields parted by semicolons; the first id counts.
fn id_of(record: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(record).ok()?;
    let fields = text.split(';').skip(1).map(str::trim_ascii);
    for field in fields {
        let Some((name, value)) = field.split_once('=') else {
            continue;
        };
        if name.trim_ascii() != "id" {
            continue;
        }
        let value = value.trim_ascii();
        let right = !value.is_empty()
            && value.len() <= ID_OCTETS_MAX
            && value.bytes().all(|octet| octet.is_ascii_alphanumeric());
        return right.then(|| value.to_owned());
    }
    None
}

/// Reads arbitrary input, each line a record.
pub(super) fn fuzz(input: &[u8]) {
    if let Some(id) = id(input.split(|octet| *octet == b'\n')) {
        assert!((1..=ID_OCTETS_MAX).contains(&id.len()), "length of the id");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Option<String> {
        id(texts.iter().map(|text| text.as_bytes()))
    }

    #[test]
    fn one_announcement_among_other_records() {
        let expected = Some("20160831085700Z".to_owned());
        assert_eq!(of(&["v=STSv1; id=20160831085700Z;"]), expected);
        assert_eq!(of(&["v=spf1 -all", "v=STSv1;id=20160831085700Z"]), expected);
        assert_eq!(of(&["v=STSv1; x=1; id = 20160831085700Z ; id=2"]), expected);
    }

    #[test]
    fn anything_else_is_none() {
        let long = format!("v=STSv1; id={}", "1".repeat(33));
        for text in [
            "v=STSv1",
            "v=STSv1;",
            "v=STSv1; id=",
            "v=STSv1; id=a-b",
            "v=STSv2; id=1",
            " v=STSv1; id=1",
            "v=STSv10; id=1",
            &long,
        ] {
            assert_eq!(of(&[text]), None, "{text}");
        }
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["v=STSv1; id=1", "v=STSv1; id=1"]), None);
    }
}
