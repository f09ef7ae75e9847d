//! A mailbox name on the wire: INBOX's case rule, modified UTF-7 (RFC 3501 5.1.3), UTF-8 and LIST's wildcards.

use std::borrow::Cow;

use super::TextForm;
use super::fault::MailboxError;
use super::lexer::{Lexer, Parsed, is_list_char};

/// The hierarchy separator of this server's mailbox names.
pub const HIERARCHY_SEPARATOR: char = '/';

/// A decoded mailbox name; `INBOX` stands in capitals, also as the first level of a longer name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox<'a>(Cow<'a, str>);

impl<'a> Mailbox<'a> {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is the mailbox that every account has.
    #[must_use]
    pub fn is_inbox(&self) -> bool {
        self.0 == INBOX
    }

    /// Decodes a name as it stood in a command.
    ///
    /// # Errors
    /// The name is not in the session's form, has controls, or is too long.
    pub fn decode(wire: Cow<'a, [u8]>, form: TextForm) -> Result<Self, MailboxError> {
        let name = with_inbox_in_capitals(decode(wire, form)?);
        if name.len() > NAME_OCTETS_MAX {
            return Err(MailboxError::TooLong);
        }
        // RFC 9051 5.1: controls, and the line and paragraph separators, have no place in a name.
        if name
            .chars()
            .any(|char| char.is_control() || matches!(char, '\u{2028}' | '\u{2029}'))
        {
            return Err(MailboxError::Control);
        }
        Ok(Self(name))
    }
}

impl Mailbox<'_> {
    /// The name without one hierarchy separator at its end.
    pub(super) fn without_trailing_separator(self) -> Self {
        Self(match self.0 {
            Cow::Borrowed(name) => {
                Cow::Borrowed(name.strip_suffix(HIERARCHY_SEPARATOR).unwrap_or(name))
            }
            Cow::Owned(mut name) => {
                if name.ends_with(HIERARCHY_SEPARATOR) {
                    name.pop();
                }
                Cow::Owned(name)
            }
        })
    }
}

/// `mailbox`: `"INBOX" / astring`.
pub(super) fn mailbox<'a>(lexer: &mut Lexer<'a>) -> Parsed<Mailbox<'a>> {
    let wire = lexer.astring()?;
    Ok(Mailbox::decode(wire, lexer.form())?)
}

/// `list-mailbox`: `1*list-char / string`, decoded; wildcards stay as they are.
pub(super) fn list_mailbox<'a>(lexer: &mut Lexer<'a>) -> Parsed<Cow<'a, str>> {
    let wire = match lexer.peek() {
        Some(octet) if is_list_char(octet) => Cow::Borrowed(lexer.take_while(is_list_char)),
        _ => lexer.string()?,
    };
    Ok(Mailbox::decode(wire, lexer.form())?.0)
}

fn decode(wire: Cow<'_, [u8]>, form: TextForm) -> Result<Cow<'_, str>, MailboxError> {
    let text = match wire {
        Cow::Borrowed(wire) => std::str::from_utf8(wire).map(Cow::Borrowed).ok(),
        Cow::Owned(wire) => String::from_utf8(wire).map(Cow::Owned).ok(),
    }
    .ok_or(MailboxError::Utf8)?;
    let utf7 = form == TextForm::Ascii && text.contains('&') && !quirk_unannounced_utf8(&text);
    if utf7 {
        utf7_decode(&text).map(Cow::Owned)
    } else {
        Ok(text)
    }
}

/// Some clients (older K-9 Mail, many scripts with imaplib) send UTF-8 names without enabling it; such a name is not UTF-7.
fn quirk_unannounced_utf8(name: &str) -> bool {
    !name.is_ascii()
}

/// RFC 9051 5.1: INBOX is meant in any case; so that there are no two of them, also as the first level.
fn with_inbox_in_capitals(name: Cow<'_, str>) -> Cow<'_, str> {
    let first = name.split(HIERARCHY_SEPARATOR).next().unwrap_or_default();
    if first == INBOX || !first.eq_ignore_ascii_case(INBOX) {
        return name;
    }
    let rest = name.get(INBOX.len()..).unwrap_or_default();
    Cow::Owned([INBOX, rest].concat())
}

/// RFC 3501 5.1.3: `&` opens a run of base64 over UTF-16BE with `,` for `/`, `-` closes it, `&-` is `&` itself.
fn utf7_decode(wire: &str) -> Result<String, MailboxError> {
    let mut name = String::with_capacity(wire.len());
    let mut rest = wire;
    while let Some((before, shifted)) = rest.split_once('&') {
        name.push_str(before);
        let (run, after) = shifted.split_once('-').ok_or(MailboxError::Utf7)?;
        if run.is_empty() {
            name.push('&');
        } else {
            let units = utf16_units(run).ok_or(MailboxError::Utf7)?;
            for char in char::decode_utf16(units) {
                name.push(char.map_err(|_| MailboxError::Utf7)?);
            }
        }
        rest = after;
    }
    name.push_str(rest);
    Ok(name)
}

fn utf16_units(run: &str) -> Option<Vec<u16>> {
    let mut units = Vec::with_capacity(run.len());
    let (mut bits, mut count) = (0_u32, 0_u32);
    for octet in run.bytes() {
        bits = bits.wrapping_shl(6) | u32::from(sextet(octet)?);
        count = count.saturating_add(6);
        if count >= 16 {
            count = count.saturating_sub(16);
            units.push(u16::try_from(bits.wrapping_shr(count) & 0xffff).ok()?);
            bits &= 1_u32.wrapping_shl(count).saturating_sub(1);
        }
    }
    // RFC 3501 5.1.3, RFC 2152: what is left over is less than one sextet of zero bits.
    (count < 6 && bits == 0).then_some(units)
}

fn sextet(octet: u8) -> Option<u8> {
    let index = BASE64.iter().position(|known| *known == octet)?;
    u8::try_from(index).ok()
}

/// Appends a name in modified UTF-7.
pub(super) fn utf7_encode(name: &str, out: &mut Vec<u8>) {
    let (mut bits, mut count, mut shifted) = (0_u32, 0_u32, false);
    let digit = |out: &mut Vec<u8>, value: u32| {
        let index = usize::try_from(value & 0x3f).unwrap_or_default();
        out.push(BASE64.get(index).copied().unwrap_or(b'A'));
    };
    for char in name.chars() {
        if matches!(char, ' '..='~') {
            if shifted {
                if count > 0 {
                    digit(out, bits.wrapping_shl(6_u32.saturating_sub(count)));
                }
                out.push(b'-');
                (bits, count, shifted) = (0, 0, false);
            }
            match char {
                '&' => out.extend_from_slice(b"&-"),
                _ => out.push(u8::try_from(char).unwrap_or(b'?')),
            }
            continue;
        }
        if !shifted {
            out.push(b'&');
            shifted = true;
        }
        for unit in char.encode_utf16(&mut [0; 2]) {
            bits = bits.wrapping_shl(16) | u32::from(*unit);
            count = count.saturating_add(16);
            while count >= 6 {
                count = count.saturating_sub(6);
                digit(out, bits.wrapping_shr(count));
            }
            bits &= 1_u32.wrapping_shl(count).saturating_sub(1);
        }
    }
    if shifted {
        if count > 0 {
            digit(out, bits.wrapping_shl(6_u32.saturating_sub(count)));
        }
        out.push(b'-');
    }
}

/// Whether `name` matches a LIST pattern (RFC 9051 6.3.9): `*` stands for anything, `%` for anything within one level.
///
/// Both are decoded names. Time is at most the product of both lengths.
#[must_use]
pub fn list_matches(pattern: &str, name: &str) -> bool {
    let pattern = with_inbox_in_capitals(Cow::Borrowed(pattern));
    let pattern = pattern.as_bytes();
    // `reached[i]`: the first i octets of the pattern match what was read of the name.
    let mut reached = vec![false; pattern.len().saturating_add(1)];
    set(&mut reached, 0);
    skip_wildcards(pattern, &mut reached);
    for octet in name.bytes() {
        let mut next = vec![false; reached.len()];
        for (at, expected) in pattern
            .iter()
            .enumerate()
            .filter(|(at, _)| reached.get(*at) == Some(&true))
        {
            match expected {
                b'*' => set(&mut next, at),
                b'%' if !u8::try_from(HIERARCHY_SEPARATOR)
                    .is_ok_and(|separator| separator == octet) =>
                {
                    set(&mut next, at);
                }
                expected if *expected == octet && *expected != b'%' => {
                    set(&mut next, at.saturating_add(1))
                }
                _ => {}
            }
        }
        skip_wildcards(pattern, &mut next);
        reached = next;
    }
    reached.last() == Some(&true)
}

/// A wildcard may stand for nothing.
fn skip_wildcards(pattern: &[u8], reached: &mut [bool]) {
    for (at, octet) in pattern.iter().enumerate() {
        if reached.get(at) == Some(&true) && matches!(octet, b'*' | b'%') {
            set(reached, at.saturating_add(1));
        }
    }
}

fn set(flags: &mut [bool], at: usize) {
    if let Some(flag) = flags.get_mut(at) {
        *flag = true;
    }
}

const INBOX: &str = "INBOX";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
/// A path of several levels of 255 octets each (RFC 8621 2 `maxSizeMailboxName` is per level).
const NAME_OCTETS_MAX: usize = 1_024;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(wire: &str) -> Result<String, MailboxError> {
        let mailbox = Mailbox::decode(Cow::Borrowed(wire.as_bytes()), TextForm::Ascii)?;
        Ok(mailbox.as_str().to_owned())
    }

    fn utf7(name: &str) -> String {
        let mut out = Vec::new();
        utf7_encode(name, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    #[test]
    fn utf7_examples_of_the_standard() {
        // RFC 3501 5.1.3.
        let text = "~peter/mail/台北/日本語";
        assert_eq!(utf7(text), "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
        assert_eq!(name("~peter/mail/&U,BTFw-/&ZeVnLIqe-").as_deref(), Ok(text));
        assert_eq!(name("R&-D").as_deref(), Ok("R&D"));
        assert_eq!(name("Entw&APw-rfe").as_deref(), Ok("Entwürfe"));
        assert_eq!(name("&2D3eAA-").as_deref(), Ok("😀"));
    }

    #[test]
    fn broken_utf7_is_refused() {
        for wire in [
            "R&D", "&", "&A-", "&AGE", "&2D0-", "&3gA-", "&AGEA-", "&!!-", "&AG/-",
        ] {
            assert_eq!(name(wire), Err(MailboxError::Utf7), "{wire}");
        }
    }

    #[test]
    fn utf8_needs_no_utf7() {
        let wire = Cow::Borrowed("R&D/Bücher".as_bytes());
        assert_eq!(
            Mailbox::decode(wire, TextForm::Ascii).map(|name| name.0),
            Ok("R&D/Bücher".into())
        );
        let wire = Cow::Borrowed(&b"R&D"[..]);
        assert_eq!(
            Mailbox::decode(wire, TextForm::Utf8).map(|name| name.0),
            Ok("R&D".into())
        );
        assert_eq!(
            Mailbox::decode(Cow::Borrowed(&[0xff]), TextForm::Utf8),
            Err(MailboxError::Utf8)
        );
    }

    #[test]
    fn inbox_is_one_in_any_case() {
        assert_eq!(name("inBox").as_deref(), Ok("INBOX"));
        assert_eq!(name("inbox/Sub").as_deref(), Ok("INBOX/Sub"));
        assert_eq!(name("inboxes").as_deref(), Ok("inboxes"));
    }

    #[test]
    fn controls_and_long_names_are_refused() {
        assert_eq!(name("a\tb"), Err(MailboxError::Control));
        assert_eq!(name("&AAo-"), Err(MailboxError::Control));
        assert_eq!(
            name(&"a".repeat(NAME_OCTETS_MAX.saturating_add(1))),
            Err(MailboxError::TooLong)
        );
    }

    #[test]
    fn wildcards_respect_the_separator() {
        for (pattern, name, expected) in [
            ("*", "a/b/c", true),
            ("%", "a", true),
            ("%", "a/b", false),
            ("a/%", "a/b", true),
            ("a/%", "a/b/c", false),
            ("a*c", "a/b/c", true),
            ("a%c", "abc", true),
            ("%/%", "a/b", true),
            ("*%", "a/b", true),
            ("inbox", "INBOX", true),
            ("INB*", "INBOX", true),
            ("", "a", false),
            ("", "", true),
            ("a", "a/b", false),
            ("%b", "a/b", false),
        ] {
            assert_eq!(list_matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn many_wildcards_cost_little() {
        let pattern = "*a".repeat(500);
        assert!(!list_matches(&pattern, &"a".repeat(499)));
        assert!(list_matches(&pattern, &"a".repeat(501)));
    }

    proptest! {
        #[test]
        fn utf7_round_trip(text in "\\PC{0,40}") {
            let wire = utf7(&text);
            prop_assert!(wire.is_ascii());
            prop_assert_eq!(utf7_decode(&wire), Ok(text));
        }

        #[test]
        fn utf7_decoding_never_panics(wire in "[&,+A-Za-z0-9-]{0,40}") {
            let _ = name(&wire);
        }
    }
}
