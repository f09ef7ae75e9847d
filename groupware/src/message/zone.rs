//! The zone that a `Date` field was written in.

/// Seconds east of UTC of the zone at the end of a date and time (RFC 5322 3.3); 0 where none is known.
pub(crate) fn zone_seconds(date: &str) -> i64 {
    // A comment with the zone's name often stands behind.
    let date = date.split('(').next().unwrap_or_default();
    date.split_ascii_whitespace()
        .next_back()
        .and_then(|word| numeric(word).or_else(|| named(word)))
        .unwrap_or_default()
}

/// `+0130`
fn numeric(word: &str) -> Option<i64> {
    let (sign, digits) = match word.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, word.strip_prefix('+')?),
    };
    let is_zone = digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: i64 = digits.parse().ok().filter(|_| is_zone)?;
    Some(sign * (number / 100 * 3_600 + number % 100 * 60))
}

/// RFC 5322 4.3: the names of old; all others mean that the zone is not known.
fn named(word: &str) -> Option<i64> {
    let hours = match word.to_ascii_uppercase().as_str() {
        "EDT" => -4,
        "EST" | "CDT" => -5,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        _ => return None,
    };
    Some(hours * 3_600)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_read_with_and_without_comments() {
        for (date, seconds) in [
            ("Thu, 22 Aug 2002 18:26:25 +0700", 7 * 3_600),
            ("Thu, 22 Aug 2002 18:26:25 -0130 (XX)", -5_400),
            ("22 Aug 02 18:26 PDT", -7 * 3_600),
            ("22 Aug 02 18:26 GMT", 0),
            ("22 Aug 02 18:26 +1", 0),
            ("+é000", 0),
            ("", 0),
        ] {
            assert_eq!(zone_seconds(date), seconds, "{date}");
        }
    }
}
