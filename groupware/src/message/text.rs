//! The words of a message: what is searched, and what is shown as a preview.

use std::borrow::Cow;

use super::content::parameter;
use super::decode;
use super::headers::{AddressValue, HeaderValues};
use super::html;
use super::structure::{PartValues, split};

/// Octets of a message's text that are searchable, all its parts together.
pub const SEARCH_BODY_OCTETS_MAX: usize = 256 * 1024;
/// Octets of one address field's text that are searchable.
pub const SEARCH_ADDRESS_OCTETS_MAX: usize = 32 * 1024;
/// Encoded octets of all parts together that are looked at for their text: markup and styles
/// can be many times the text.
const SEARCH_RAW_OCTETS_MAX: usize = 4 * 1024 * 1024;
/// Characters of a preview (RFC 8621 4.1.4, RFC 8970 3).
pub const PREVIEW_CHARACTERS_MAX: usize = 256;
/// Octets of text of which a preview is made: as many four-octet characters.
const PREVIEW_OCTETS_MAX: usize = 4 * PREVIEW_CHARACTERS_MAX;

/// The text of an email as it is searched: decoded, white space made single spaces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchText {
    /// Names and addresses of `From`.
    pub from: String,
    /// Names and addresses of `To`.
    pub to: String,
    /// Names and addresses of `Cc`.
    pub cc: String,
    /// Names and addresses of `Bcc`.
    pub bcc: String,
    /// The subject.
    pub subject: String,
    /// The text of all `text/*` parts, the subjects and addresses of messages within, and the
    /// names of files; at most [`SEARCH_BODY_OCTETS_MAX`] octets.
    pub body: String,
}

/// What the texts of a message's parts amount to.
pub(crate) struct Body {
    pub(crate) text: String,
    pub(crate) preview: String,
}

/// Writes words with single spaces between them, up to a number of octets.
pub(crate) struct Words<'o> {
    out: &'o mut String,
    octets_max: usize,
    space: bool,
}

impl<'o> Words<'o> {
    /// Writes behind what is in `out`, as long as that is shorter than `octets_max`.
    pub(crate) fn new(out: &'o mut String, octets_max: usize) -> Self {
        Self {
            space: !out.is_empty(),
            out,
            octets_max,
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.out.len() >= self.octets_max
    }

    /// Sees to it that what follows is another word.
    pub(crate) fn space(&mut self) {
        self.space = !self.out.is_empty();
    }

    /// Writes text; controls count as spaces.
    pub(crate) fn push(&mut self, text: &str) {
        self.out.reserve(
            text.len()
                .min(self.octets_max.saturating_sub(self.out.len())),
        );
        let mut rest = text;
        while !rest.is_empty() {
            let (words, tail) = rest.split_at(words_octets(rest.as_bytes()));
            if !words.is_empty() {
                self.push_words(words);
                if self.is_full() {
                    return;
                }
            }
            rest = tail.trim_start_matches(|c: char| c <= ' ');
            if rest.len() < tail.len() {
                self.space();
            }
        }
    }

    /// Writes words that have single spaces between them.
    fn push_words(&mut self, words: &str) {
        let room = self
            .octets_max
            .saturating_sub(self.out.len() + usize::from(self.space));
        if self.space && room > 0 {
            self.out.push(' ');
            self.space = false;
        }
        if words.len() <= room {
            self.out.push_str(words);
        } else {
            let cut = &words[..words.floor_char_boundary(room)];
            self.out.push_str(cut.trim_end_matches(' '));
            // Full, even if the next character would have begun below the limit.
            self.octets_max = self.out.len();
        }
    }
}

/// Octets of the words that `text` begins with, perhaps 0, as far as there is nothing but single spaces between them.
fn words_octets(text: &[u8]) -> usize {
    let mut octets = 0;
    loop {
        let rest = &text[octets..];
        let word = rest.iter().position(|byte| *byte <= b' ');
        let word = word.unwrap_or(rest.len());
        octets += word;
        match rest[word..] {
            [b' ', next, ..] if next > b' ' && word > 0 => octets += 1,
            _ => return octets,
        }
    }
}

/// A text with single spaces between its words.
pub(crate) fn single_spaced(text: &str) -> String {
    let mut spaced = String::new();
    Words::new(&mut spaced, text.len()).push(text);
    spaced
}

/// Names and addresses of a field.
pub(crate) fn addresses_text(addresses: &[AddressValue<'_>], octets_max: usize) -> String {
    let mut text = String::new();
    let mut words = Words::new(&mut text, octets_max);
    push_addresses(addresses, &mut words);
    text
}

fn push_addresses(addresses: &[AddressValue<'_>], words: &mut Words<'_>) {
    for address in addresses {
        match address {
            AddressValue::Email { name, email } => {
                words.push(name.as_deref().unwrap_or_default());
                words.space();
                words.push(email);
            }
            AddressValue::GroupStart(name) => words.push(name),
            AddressValue::GroupEnd => {}
        }
        words.space();
        if words.is_full() {
            return;
        }
    }
}

/// The text of all parts.
pub(crate) fn body(message: &[u8], parts: &[PartValues<'_>]) -> Body {
    let mut body = Body {
        text: String::new(),
        preview: String::new(),
    };
    let mut raw_left = SEARCH_RAW_OCTETS_MAX;
    push_parts(message, parts, &mut raw_left, &mut body, Within::LookInto);
    body
}

/// Whether an encoded message within is decoded and read as well; one level of that is bounded
/// in time, more would not be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    LookInto,
    PassOver,
}

fn push_parts(
    message: &[u8],
    parts: &[PartValues<'_>],
    raw_left: &mut usize,
    body: &mut Body,
    within: Within,
) {
    for part in parts {
        if body.text.len() >= SEARCH_BODY_OCTETS_MAX {
            return;
        }
        let start = body.text.len();
        let mut words = Words::new(&mut body.text, SEARCH_BODY_OCTETS_MAX);
        if part.media.kind.eq_ignore_ascii_case("text") {
            push_text(message, part, raw_left, &mut words);
            if body.preview.is_empty() && !part.is_attachment() {
                body.preview = first_characters(body.text[start..].trim_start());
            }
        }
        let mut words = Words::new(&mut body.text, SEARCH_BODY_OCTETS_MAX);
        if let Some(name) = part.file_name() {
            words.push(name);
            words.space();
        }
        if let Some(headers) = &part.message {
            push_headers(headers, &mut words);
        } else if part.is_message() && part.is_encoded() && within == Within::LookInto {
            let decoded = content(message, part, raw_left);
            let (fields, parts) = split(&decoded);
            push_headers(&HeaderValues::new(&fields), &mut words);
            push_parts(&decoded, &parts, raw_left, body, Within::PassOver);
        }
    }
}

fn push_headers(headers: &HeaderValues<'_>, words: &mut Words<'_>) {
    words.push(headers.subject.as_deref().unwrap_or_default());
    for addresses in [&headers.from, &headers.to, &headers.cc] {
        words.space();
        push_addresses(addresses, words);
    }
}

/// RFC 8621 4.1.4 and RFC 8970 3: the first characters of the text.
fn first_characters(text: &str) -> String {
    let head = &text[..text.floor_char_boundary(PREVIEW_OCTETS_MAX)];
    let end = head.char_indices().nth(PREVIEW_CHARACTERS_MAX);
    let end = end.map_or(head.len(), |(end, _)| end);
    head[..end].trim_end().to_owned()
}

fn push_text(message: &[u8], part: &PartValues<'_>, raw_left: &mut usize, words: &mut Words<'_>) {
    let octets = content(message, part, raw_left);
    let charset = parameter(&part.media.parameters, "charset");
    let decoded = decode::charset_text(&octets, charset);
    if part.media.subtype.eq_ignore_ascii_case("html") {
        html::text_of(&decoded, words);
    } else {
        words.push(&decoded);
    }
}

/// The content of a part, decoded from as many octets as are left to look at.
fn content<'m>(message: &'m [u8], part: &PartValues<'_>, raw_left: &mut usize) -> Cow<'m, [u8]> {
    let raw = message.get(part.body_start..part.body_end);
    let raw = raw.unwrap_or_default();
    let raw = &raw[..raw.len().min(*raw_left)];
    *raw_left -= raw.len();
    match part.encoding {
        Some(name) if name.eq_ignore_ascii_case("base64") => decode::base64(raw).into(),
        Some(name) if name.eq_ignore_ascii_case("quoted-printable") => {
            decode::quoted_printable(raw).into()
        }
        _ => raw.into(),
    }
}

/// Whether there is something that a client should offer as a file.
///
/// RFC 8621 4.1.4: a part that is not part of the text as its bodyStructure algorithm finds it, and
/// not said to be inline. A picture that the HTML beside it shows (RFC 2387) is none either.
pub(crate) fn has_attachment(parts: &[PartValues<'_>]) -> bool {
    // The containers around the current part: subtype, whether it is the first child, its end.
    let mut around: Vec<(&PartValues<'_>, usize)> = Vec::new();
    let mut message_end = 0;
    for (at, part) in parts.iter().enumerate() {
        while around.last().is_some_and(|(_, end)| *end <= at) {
            around.pop();
        }
        if at < message_end {
            continue;
        }
        let end = at + 1 + part.descendants;
        let (parent, is_first) = match around.last() {
            Some((parent, end)) => (Some(*parent), *end == at + parent.descendants),
            None => (None, true),
        };
        if part.is_multipart() {
            around.push((part, end));
        } else {
            // A message within is a file as a whole.
            message_end = end;
            if is_file(part, parent, is_first) {
                return true;
            }
        }
    }
    false
}

fn is_file(part: &PartValues<'_>, parent: Option<&PartValues<'_>>, is_first: bool) -> bool {
    let parent_is = |subtype| parent.is_some_and(|parent| parent.media.is("multipart", subtype));
    let is_text = part.media.is("text", "plain") || part.media.is("text", "html");
    let is_medium = ["image", "audio", "video"]
        .iter()
        .any(|kind| part.media.kind.eq_ignore_ascii_case(kind));
    let disposition = part.disposition.as_ref();
    if disposition.is_some_and(|(kind, _)| kind.eq_ignore_ascii_case("inline")) {
        return false;
    }
    if parent_is("related") && is_medium && part.id.is_some() && !part.is_attachment() {
        return false;
    }
    let is_inline = !part.is_attachment()
        && (is_text || is_medium)
        && (is_first || (!parent_is("related") && (is_medium || part.file_name().is_none())));
    !is_inline || (parent_is("alternative") && !is_text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same, word by word.
    fn word_by_word(texts: &[String], octets_max: usize) -> String {
        let mut out = String::new();
        let texts = texts.iter().map(|text| {
            let control = |c: char| c <= ' ';
            let begins = text.starts_with(control);
            (
                begins,
                text.split(control).filter(|word| !word.is_empty()),
                text.ends_with(control),
            )
        });
        let mut space = false;
        for (begins, words, ends) in texts {
            space |= begins && !out.is_empty();
            for (at, word) in words.enumerate() {
                space |= at > 0;
                let room = octets_max.saturating_sub(out.len() + usize::from(space));
                if space && room > 0 {
                    out.push(' ');
                    space = false;
                }
                out.push_str(&word[..word.floor_char_boundary(room)]);
                if word.len() > room || out.len() == octets_max {
                    return out;
                }
            }
            space |= ends && !out.is_empty();
        }
        out
    }

    proptest! {
        #[test]
        fn words_come_out_with_single_spaces(
            texts in prop::collection::vec("([a-z]{1,12}|[ \\t\r\n]{1,3}|ü|€)( |[a-z]{1,20} ){0,9}", 0..6),
            octets_max in 1_usize..200,
        ) {
            let mut out = String::new();
            let mut words = Words::new(&mut out, octets_max);
            for text in &texts {
                if !words.is_full() {
                    words.push(text);
                }
            }
            prop_assert_eq!(out, word_by_word(&texts, octets_max));
        }
    }
}
