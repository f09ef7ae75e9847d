//! What ties emails together: message ids, and subjects without what replies add (RFC 5256 2.1, RFC 8621 3).

use std::borrow::Cow;

use memchr::memchr;
use model::ThreadKeys;

use super::field::{FIELD_OCTETS_MAX, Fields, bounded};

/// By what an email of these fields finds its thread.
///
/// Hashes of its own id first, then of those in `In-Reply-To` and `References`, the newest first,
/// each once, at most [`ThreadKeys::MESSAGE_IDS_MAX`]; and of its base subject.
pub(crate) fn keys(fields: &Fields<'_>, subject: &str) -> ThreadKeys {
    let own = fields.message_id.and_then(|value| {
        let value = bounded(value);
        // RFC 5322 3.6.4 wants angle brackets; an id without them is one as a whole.
        message_ids(value).next().or(Some(value.trim_ascii()))
    });
    let own = own.filter(|id| !id.is_empty()).map(id_hash);
    let mut hashes: Vec<u64> = own.into_iter().collect();
    for field in [fields.in_reply_to, fields.references] {
        let ids = newest_ids(field.unwrap_or_default());
        for hash in ids.into_iter().rev().map(id_hash) {
            if hashes.len() < ThreadKeys::MESSAGE_IDS_MAX && !hashes.contains(&hash) {
                hashes.push(hash);
            }
        }
    }
    ThreadKeys {
        message_ids: hashes,
        subject: subject_hash(&base_subject(subject).0),
    }
}

/// The last [`ThreadKeys::MESSAGE_IDS_MAX`] ids; of a longer field only the end is read, since RFC 5322 3.6.4
/// puts the newest there.
fn newest_ids(value: &[u8]) -> Vec<&[u8]> {
    let tail = value.len().saturating_sub(FIELD_OCTETS_MAX);
    let ids: Vec<&[u8]> = message_ids(&value[tail..]).collect();
    let newest = ids.len().saturating_sub(ThreadKeys::MESSAGE_IDS_MAX);
    ids[newest..].to_vec()
}

/// The message ids between angle brackets in the value of `Message-ID`, `In-Reply-To` or
/// `References` (RFC 5322 3.6.4), in their order, without the brackets.
pub fn message_ids(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = value;
    std::iter::from_fn(move || {
        loop {
            let start = memchr(b'<', rest)? + 1;
            rest = &rest[start..];
            let end = memchr(b'>', rest)?;
            let (id, tail) = rest.split_at(end);
            rest = tail;
            if !id.trim_ascii().is_empty() {
                return Some(id.trim_ascii());
            }
        }
    })
}

/// The first 8 octets, as a big-endian number, of the BLAKE3 hash of an id without its brackets.
///
/// RFC 5256 3 (REFERENCES): ids are compared without needless quotes; white space that folding
/// left in one does not count either.
#[must_use]
pub fn id_hash(id: &[u8]) -> u64 {
    let is_plain = |byte: &u8| !byte.is_ascii_whitespace() && !matches!(byte, b'"' | b'\\');
    if id.iter().all(is_plain) {
        return hash(id);
    }
    let plain: Vec<u8> = id.iter().copied().filter(is_plain).collect();
    hash(&plain)
}

/// Number of a base subject for comparing, letter case aside; 0 for the empty one.
#[must_use]
pub fn subject_hash(base: &str) -> u64 {
    if base.is_empty() {
        return 0;
    }
    hash(base.to_lowercase().as_bytes())
}

fn hash(bytes: &[u8]) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = *blake3::hash(bytes).as_bytes();
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// RFC 5256 2.1: the subject without the marks of replies, forwards and lists, and whether there
/// was a mark of a reply or forward. The subject is a decoded one.
#[must_use]
pub fn base_subject(subject: &str) -> (Cow<'_, str>, bool) {
    // Step 1: white space becomes single spaces.
    match single_spaced(subject) {
        Cow::Borrowed(spaced) => {
            let (base, is_reply_or_forward) = without_marks(spaced);
            (Cow::Borrowed(base), is_reply_or_forward)
        }
        Cow::Owned(spaced) => {
            let (base, is_reply_or_forward) = without_marks(&spaced);
            (Cow::Owned(base.to_owned()), is_reply_or_forward)
        }
    }
}

fn without_marks(spaced: &str) -> (&str, bool) {
    let mut base = spaced;
    let mut is_reply_or_forward = false;
    loop {
        // Step 2: subj-trailer, `(fwd)` or white space at the end.
        base = base.trim_end_matches(' ');
        while let Some(rest) = strip_suffix(base, "(fwd)") {
            base = rest.trim_end_matches(' ');
            is_reply_or_forward = true;
        }
        let (rest, had_mark) = without_leaders(base);
        is_reply_or_forward |= had_mark;
        // Step 6: subj-fwd; what stands in `[fwd: ]` is looked at anew.
        let Some(inner) = strip_prefix(rest, "[fwd:").and_then(|rest| rest.strip_suffix(']'))
        else {
            return (rest, is_reply_or_forward);
        };
        is_reply_or_forward = true;
        base = inner;
    }
}

/// Steps 3 to 5: without subj-leader and subj-blob at the start, in one pass: a row of blobs
/// belongs to the `re:` behind it, or else goes for itself as long as something is left.
fn without_leaders(base: &str) -> (&str, bool) {
    let mut rest = base.trim_start_matches(' ');
    let mut had_mark = false;
    loop {
        let (mut behind, mut before_last) = (rest, rest);
        while let Some(next) = without_blob(behind) {
            (before_last, behind) = (behind, next);
        }
        if let Some(next) = without_refwd(behind) {
            rest = next.trim_start_matches(' ');
            had_mark = true;
        } else if behind.is_empty() {
            return (before_last, had_mark);
        } else {
            return (behind, had_mark);
        }
    }
}

/// subj-blob: `[` no brackets `]`, and the spaces behind.
fn without_blob(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?;
    let end = inner.find(['[', ']'])?;
    let rest = inner[end..].strip_prefix(']')?;
    Some(rest.trim_start_matches(' '))
}

/// subj-refwd: `re`, `fw` or `fwd`, spaces, perhaps a blob, a colon.
fn without_refwd(text: &str) -> Option<&str> {
    let word = ["re", "fwd", "fw"]
        .iter()
        .find_map(|word| strip_prefix(text, word))?;
    let rest = word.trim_start_matches(' ');
    without_blob(rest).unwrap_or(rest).strip_prefix(':')
}

/// `text` without an ASCII prefix, in any letter case.
fn strip_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// `text` without an ASCII suffix, in any letter case.
fn strip_suffix<'t>(text: &'t str, suffix: &str) -> Option<&'t str> {
    let (rest, tail) = text.split_at_checked(text.len().checked_sub(suffix.len())?)?;
    tail.eq_ignore_ascii_case(suffix).then_some(rest)
}

fn single_spaced(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    let is_blank = |byte: u8| byte.is_ascii_whitespace();
    let bytes = trimmed.as_bytes();
    let needs_work = bytes.iter().enumerate().any(|(at, byte)| {
        is_blank(*byte) && (*byte != b' ' || bytes.get(at + 1).is_some_and(|b| is_blank(*b)))
    });
    if !needs_work {
        return Cow::Borrowed(trimmed);
    }
    let words: Vec<&str> = trimmed.split_ascii_whitespace().collect();
    Cow::Owned(words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_subjects_lose_what_replies_and_lists_add() {
        let cases = [
            ("Hello", "Hello", false),
            ("Re: Hello", "Hello", true),
            ("RE:\t re :  Hello \r\n World", "Hello World", true),
            ("Fwd: Re[2]: [list] Hello (fwd) (FWD)", "Hello", true),
            ("[list] Hello", "Hello", false),
            ("[a] [b] Re: [c] Hello", "Hello", true),
            ("[only]", "[only]", false),
            ("[a] [only]", "[only]", false),
            ("[Fwd: Re: Hello (fwd)]", "Hello", true),
            ("[fwd: [fwd: x]]", "x", true),
            ("Re:", "", true),
            ("(fwd)", "", true),
            ("Report: x", "Report: x", false),
            ("fw: Größe", "Größe", true),
            ("[offen Hello", "[offen Hello", false),
            ("", "", false),
        ];
        for (subject, base, is_reply) in cases {
            let (found, found_reply) = base_subject(subject);
            assert_eq!((&*found, found_reply), (base, is_reply), "{subject}");
        }
    }

    #[test]
    fn hostile_subjects_take_linear_time() {
        for piece in ["[a]", "[fwd:", "re:", "(fwd)", "[", "]", "re[", " "] {
            let subject = piece.repeat(200_000);
            assert!(base_subject(&subject).0.len() <= subject.len());
        }
    }

    #[test]
    fn ids_are_found_and_compared_without_quotes() {
        let ids: Vec<&[u8]> = message_ids(b"text <a@b> <> < c@d\r\n > <open").collect();
        assert_eq!(ids, [&b"a@b"[..], b"c@d"]);
        assert_eq!(id_hash(b"\"a\"@b"), id_hash(b"a@b"));
        assert_ne!(id_hash(b"A@b"), id_hash(b"a@b"));
        assert_eq!(subject_hash("ÄB"), subject_hash("äb"));
    }

    #[test]
    fn the_newest_ids_are_kept() {
        let references: String = (0..100_000).map(|n| format!("<{n}@x>\r\n ")).collect();
        let message = format!(
            "Message-ID: own@x\r\nIn-Reply-To: <99999@x>\r\nReferences: {references}\r\n\r\n"
        );
        let (fields, _) = Fields::read(message.as_bytes(), 0, |_| false);
        let found = keys(&fields, "Re: x");
        assert_eq!(found.message_ids.len(), ThreadKeys::MESSAGE_IDS_MAX);
        assert_eq!(
            found.message_ids[..3],
            [id_hash(b"own@x"), id_hash(b"99999@x"), id_hash(b"99998@x")]
        );
        assert_eq!(found.subject, subject_hash("X"));
    }
}
