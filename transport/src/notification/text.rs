//! Text of a header or body in the forms that mail can carry: dates, encoded words, quoted-printable, one safe line.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::Timestamp;

const SECONDS_PER_DAY: i64 = 86_400;
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
/// RFC 2047 2: an encoded word has at most 75 characters; 12 of them are `=?utf-8?b?` and `?=`, and three octets become four.
const ENCODED_WORD_OCTETS_MAX: usize = 45;
/// RFC 2045 6.7: a line of quoted-printable has at most 76 characters, the soft line break included.
const QUOTED_LINE_CHARACTERS_MAX: usize = 75;

/// The moment as RFC 5322 3.3 writes it, in UTC.
pub(crate) fn date(at: Timestamp) -> String {
    let seconds = at.seconds();
    let (days, second) = (
        seconds.div_euclid(SECONDS_PER_DAY),
        seconds.rem_euclid(SECONDS_PER_DAY),
    );
    let (year, month, day) = date_of(days);
    // The first of January 1970 was a Thursday.
    let weekday = usize::try_from(days.rem_euclid(7)).unwrap_or_default();
    let month = usize::try_from(month - 1).unwrap_or_default();
    format!(
        "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} +0000",
        DAYS.get(weekday).unwrap_or(&"Thu"),
        MONTHS.get(month).unwrap_or(&"Jan"),
        second / 3600,
        second / 60 % 60,
        second % 60
    )
}

/// Year, month and day of a count of days since 1970-01-01, in the Gregorian calendar; years are counted from March on.
pub(crate) fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// The body of an unstructured field: as it is where it is ASCII, else in encoded words (RFC 2047).
pub(crate) fn unstructured(text: &str) -> String {
    if text.is_ascii() {
        return one_line(text, usize::MAX);
    }
    let mut out = String::new();
    let mut word = String::new();
    let text = one_line(text, usize::MAX);
    for character in text.chars() {
        // RFC 2047 5: no character is split between two words.
        if word.len() + character.len_utf8() > ENCODED_WORD_OCTETS_MAX {
            push_word(&mut out, &word);
            word.clear();
        }
        word.push(character);
    }
    push_word(&mut out, &word);
    out
}

fn push_word(out: &mut String, word: &str) {
    if word.is_empty() {
        return;
    }
    if !out.is_empty() {
        out.push_str("\r\n ");
    }
    out.push_str("=?utf-8?b?");
    out.push_str(&STANDARD.encode(word));
    out.push_str("?=");
}

/// Text that came from anywhere as one line: control characters become spaces, runs of them one, cut after `octets_max`.
pub(crate) fn one_line(text: &str, octets_max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(octets_max));
    let mut space = false;
    for character in text.trim().chars() {
        if character.is_control() || character == ' ' {
            space = true;
            continue;
        }
        if out.len() + character.len_utf8() + usize::from(space) > octets_max {
            break;
        }
        if space {
            out.push(' ');
            space = false;
        }
        out.push(character);
    }
    out
}

/// Adds a field, folded at spaces where it is long (RFC 5322 2.1.1: 78 characters are better than 998).
pub(crate) fn push_field(out: &mut String, name: &str, body: &str) {
    const LINE_CHARACTERS: usize = 78;
    out.push_str(name);
    out.push(':');
    let mut column = name.len() + 1;
    for word in body.split(' ').filter(|word| !word.is_empty()) {
        if column + 1 + word.len() > LINE_CHARACTERS && column > name.len() + 1 {
            out.push_str("\r\n");
            column = 0;
        }
        out.push(' ');
        out.push_str(word);
        column += 1 + word.len();
    }
    out.push_str("\r\n");
}

/// Adds text as quoted-printable (RFC 2045 6.7); its lines end with LF, those that come out with CRLF.
pub(crate) fn push_quoted_printable(out: &mut String, text: &str) {
    for line in text.lines() {
        let mut column = 0;
        let octets = line.as_bytes();
        for (at, octet) in octets.iter().enumerate() {
            let is_last = at + 1 == octets.len();
            let literal = matches!(octet, b'!'..=b'<' | b'>'..=b'~')
                // RFC 2045 6.7 rule 3: white space at the end of a line would be lost.
                || (*octet == b' ' && !is_last);
            let width = if literal { 1 } else { 3 };
            if column + width > QUOTED_LINE_CHARACTERS_MAX {
                out.push_str("=\r\n");
                column = 0;
            }
            if literal {
                out.push(char::from(*octet));
            } else {
                // Writing to a string cannot fail.
                let _ = write!(out, "={octet:02X}");
            }
            column += width;
        }
        out.push_str("\r\n");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(
            date(Timestamp::from_seconds(0)),
            "Thu, 01 Jan 1970 00:00:00 +0000"
        );
        assert_eq!(
            date(Timestamp::from_seconds(951_827_696)),
            "Tue, 29 Feb 2000 12:34:56 +0000"
        );
    }

    #[test]
    fn long_text_outside_ascii_becomes_several_words() {
        let text = "Verspätet ".repeat(12);
        let encoded = unstructured(&text);
        assert!(encoded.lines().all(|line| line.trim().len() <= 75));
        assert!(encoded.is_ascii());
        let words = encoded.split("\r\n ").map(|word| {
            let inside = word
                .strip_prefix("=?utf-8?b?")
                .and_then(|word| word.strip_suffix("?="));
            String::from_utf8(STANDARD.decode(inside.unwrap()).unwrap()).unwrap()
        });
        assert_eq!(words.collect::<String>(), text.trim());
    }

    #[test]
    fn quoted_printable_keeps_lines_short_and_spaces_at_their_ends() {
        let mut out = String::new();
        push_quoted_printable(&mut out, "Grüße =\nshort \n");
        assert_eq!(out, "Gr=C3=BC=C3=9Fe =3D\r\nshort=20\r\n");
    }

    proptest! {
        #[test]
        fn no_text_breaks_a_line(text in "\\PC{0,300}|[\\x00-\\x7f]{0,300}") {
            let line = one_line(&text, 200);
            prop_assert!(line.len() <= 200);
            prop_assert!(!line.chars().any(char::is_control));
            let mut field = String::new();
            push_field(&mut field, "Diagnostic-Code", &line);
            for part in field.strip_suffix("\r\n").unwrap().split("\r\n").skip(1) {
                prop_assert!(part.starts_with(' '));
            }
            let mut quoted = String::new();
            push_quoted_printable(&mut quoted, &text.repeat(3));
            prop_assert!(quoted.is_ascii());
            prop_assert!(quoted.split("\r\n").all(|line| line.len() <= 76));
        }
    }
}
