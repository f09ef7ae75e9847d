//! Which parts of a message are its text, and which are files (RFC 8621 4.1.4); and the text of a part.

use encoding_rs::Encoding;
use mail_parser::decoders::charsets::map::charset_decoder;
use model::{EmailMeta, Part};

use super::part::{self, decoded};
use super::text::Words;

/// The parts of a message by what they are for: places in [`EmailMeta::parts`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BodyParts {
    /// To be shown one behind the other where plain text is preferred.
    pub text: Vec<usize>,
    /// To be shown one behind the other where HTML is preferred.
    pub html: Vec<usize>,
    /// To be offered as files.
    pub attachments: Vec<usize>,
}

/// The text of a part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartText {
    /// What it says, with line feeds alone at the ends of lines.
    pub text: String,
    /// Whether some of it could not be read as it is said to be written.
    pub is_encoding_problem: bool,
}

/// Sorts the parts by what they are for, as RFC 8621 4.1.4 lays down.
#[must_use]
pub fn body_parts(meta: &EmailMeta<'_>) -> BodyParts {
    let mut sorter = Sorter {
        meta,
        attachments: Vec::new(),
    };
    let (mut text, mut html) = (Vec::new(), Vec::new());
    sorter.sort(&[0], "mixed", false, Some(&mut text), Some(&mut html));
    BodyParts {
        text,
        html,
        attachments: sorter.attachments,
    }
}

/// The name under which a part is to be saved: that of its disposition, else of its type.
#[must_use]
pub fn part_name<'m>(part: &Part<'m>) -> Option<&'m str> {
    let named = |parameters: &[(&'m str, &'m str)], wanted: &str| {
        let found = parameters
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| *value)
    };
    let disposition = part.disposition.as_ref();
    disposition
        .and_then(|disposition| named(&disposition.parameters, "filename"))
        .or_else(|| named(&part.parameters, "name"))
}

/// The text of a part: its content in its charset.
#[must_use]
pub fn part_text(message: &[u8], part: &Part<'_>) -> PartText {
    let range = part::body(part);
    let raw = || {
        let end = range.end.min(message.len());
        message.get(range.start.min(end)..end).unwrap_or_default()
    };
    let Ok(text) = part::decoded_text(message, part) else {
        return PartText {
            text: with_line_feeds(String::from_utf8_lossy(raw()).into_owned()),
            is_encoding_problem: true,
        };
    };
    let charset = part
        .parameters
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("charset"))
        .map(|(_, value)| value.trim().as_bytes());
    let is_known = charset.is_none_or(|charset| {
        Encoding::for_label(charset).is_some() || charset_decoder(charset).is_some()
    });
    // Where the octets are UTF-8, the sign for what cannot be read was written there.
    let is_unreadable = text.contains('\u{fffd}')
        && decoded(message, part).is_ok_and(|octets| str::from_utf8(&octets).is_err());
    PartText {
        text: with_line_feeds(text),
        is_encoding_problem: !is_known || is_unreadable,
    }
}

/// The words of an HTML document with single spaces between them, up to so many octets: tags, styles and scripts left out,
/// entities decoded.
#[must_use]
pub fn html_text(html: &str, octets_max: usize) -> String {
    let mut text = String::new();
    super::html::text_of(html, &mut Words::new(&mut text, octets_max));
    text
}

/// For [`super::fuzz`]: each part that is shown or offered is one that is there, and its text can be read.
pub(crate) fn check(message: &[u8], meta: &[u8]) {
    let meta = EmailMeta::decode(meta).expect("metadata reads back");
    let parts = body_parts(&meta);
    for at in [&parts.text, &parts.html, &parts.attachments]
        .into_iter()
        .flatten()
    {
        let part = &meta.parts[*at];
        assert!(!part.is_multipart(), "containers are not shown");
        let text = part_text(message, part).text;
        assert!(!text.contains("\r\n"), "lines end as the standard says");
    }
}

/// RFC 8621 4.1.4: each CRLF becomes one line feed; so does one with more carriage returns than it needs.
fn with_line_feeds(text: String) -> String {
    if !text.contains('\r') {
        return text;
    }
    let mut lines = text.split('\n').peekable();
    let mut plain = String::with_capacity(text.len());
    while let Some(line) = lines.next() {
        if lines.peek().is_some() {
            plain.push_str(line.trim_end_matches('\r'));
            plain.push('\n');
        } else {
            plain.push_str(line);
        }
    }
    plain
}

struct Sorter<'m> {
    meta: &'m EmailMeta<'m>,
    attachments: Vec<usize>,
}

/// A list that grows; none once nothing of a container belongs there any more.
type Shown<'s> = Option<&'s mut Vec<usize>>;

impl Sorter<'_> {
    /// Sorts parts that stand side by side in a container. The metadata bounds how deep they lie inside each other.
    fn sort(
        &mut self,
        parts: &[usize],
        container: &str,
        in_alternative: bool,
        mut text: Shown<'_>,
        mut html: Shown<'_>,
    ) {
        let length = |shown: &Shown<'_>| shown.as_ref().map_or(0, |shown| shown.len());
        let lengths = (length(&text), length(&html));
        let is_alternative = container.eq_ignore_ascii_case("alternative");
        for (place, at) in parts.iter().enumerate() {
            let meta = self.meta;
            let Some(part) = meta.parts.get(*at) else {
                continue;
            };
            if part.is_multipart() {
                let children: Vec<usize> = meta.children(*at).collect();
                let inner = part.subtype.eq_ignore_ascii_case("alternative");
                let (text, html) = (text.as_deref_mut(), html.as_deref_mut());
                self.sort(&children, part.subtype, in_alternative || inner, text, html);
                continue;
            }
            if !is_inline(part, place, container) {
                self.attachments.push(*at);
                continue;
            }
            let (is_plain, is_html) = (is(part, "plain"), is(part, "html"));
            if is_alternative {
                match (is_plain, is_html) {
                    (true, _) => push(&mut text, *at),
                    (_, true) => push(&mut html, *at),
                    _ => self.attachments.push(*at),
                }
                continue;
            }
            if in_alternative {
                if is_plain {
                    html = None;
                }
                if is_html {
                    text = None;
                }
            }
            push(&mut text, *at);
            push(&mut html, *at);
            if (text.is_none() || html.is_none()) && is_medium(part) {
                self.attachments.push(*at);
            }
        }
        if is_alternative {
            share(text, html, lengths);
        }
    }
}

/// Of an alternative in which there is only the one kind, the other shows it, too.
fn share(text: Shown<'_>, html: Shown<'_>, before: (usize, usize)) {
    let (Some(text), Some(html)) = (text, html) else {
        return;
    };
    let (new_text, new_html) = (
        text.get(before.0..).unwrap_or_default().to_vec(),
        html.get(before.1..).unwrap_or_default().to_vec(),
    );
    if new_text.is_empty() {
        text.extend(new_html);
    } else if new_html.is_empty() {
        html.extend(new_text);
    }
}

fn push(shown: &mut Shown<'_>, at: usize) {
    if let Some(shown) = shown {
        shown.push(at);
    }
}

fn is(part: &Part<'_>, subtype: &str) -> bool {
    part.kind.eq_ignore_ascii_case("text") && part.subtype.eq_ignore_ascii_case(subtype)
}

fn is_medium(part: &Part<'_>) -> bool {
    ["image", "audio", "video"]
        .iter()
        .any(|kind| part.kind.eq_ignore_ascii_case(kind))
}

/// Whether the part is shown in its place, and is no file.
fn is_inline(part: &Part<'_>, place: usize, container: &str) -> bool {
    let is_attachment = part
        .disposition
        .as_ref()
        .is_some_and(|disposition| disposition.kind.eq_ignore_ascii_case("attachment"));
    let is_shown = is(part, "plain") || is(part, "html") || is_medium(part);
    let has_place = place == 0
        || (!container.eq_ignore_ascii_case("related")
            && (is_medium(part) || part_name(part).is_none()));
    !is_attachment && is_shown && has_place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::parse;

    /// A message with these parts; `(type, inner)`.
    fn message(structure: &str) -> String {
        format!("MIME-Version: 1.0\r\n{structure}")
    }

    fn container(kind: &str, boundary: &str, parts: &[String]) -> String {
        let mut text = format!("Content-Type: multipart/{kind}; boundary={boundary}\r\n\r\n");
        for part in parts {
            text.push_str(&format!("--{boundary}\r\n{part}\r\n"));
        }
        text.push_str(&format!("--{boundary}--\r\n"));
        text
    }

    fn leaf(kind: &str, more: &str) -> String {
        format!("Content-Type: {kind}\r\n{more}\r\nx")
    }

    fn sorted(structure: &str) -> BodyParts {
        let meta = parse(message(structure).as_bytes()).meta;
        body_parts(&EmailMeta::decode(&meta).unwrap())
    }

    #[test]
    fn the_example_of_the_standard_comes_out_as_it_says() {
        // RFC 8621 4.1.4: A to K of its example, in the same order.
        let attached = "Content-Disposition: attachment\r\n";
        let inline = "Content-Disposition: inline\r\n";
        let plain = |more: &str| leaf("text/plain", more);
        let related = container(
            "related",
            "r",
            &[
                leaf("text/html", ""),
                leaf("image/jpeg", "Content-ID: <x>\r\n"),
            ],
        );
        let alternative = container(
            "alternative",
            "a",
            &[
                container(
                    "mixed",
                    "m2",
                    &[plain(inline), leaf("image/jpeg", inline), plain(inline)],
                ),
                related,
            ],
        );
        let inner = container(
            "mixed",
            "m1",
            &[
                alternative,
                leaf("image/jpeg", attached),
                leaf("application/x-excel", ""),
                leaf("message/rfc822", "\r\nSubject: s\r\n"),
            ],
        );
        let all = container("mixed", "m0", &[plain(inline), inner, plain(inline)]);
        // 0 mixed, 1 A, 2 mixed, 3 alternative, 4 mixed, 5 B, 6 C, 7 D, 8 related, 9 E, 10 F, 11 G, 12 H, 13 J, 15 K
        let found = sorted(&all);
        assert_eq!(found.text, [1, 5, 6, 7, 15]);
        assert_eq!(found.html, [1, 9, 15]);
        assert_eq!(found.attachments, [6, 10, 11, 12, 13]);
    }

    #[test]
    fn one_kind_alone_stands_for_both() {
        let html = container("alternative", "a", &[leaf("text/html", "")]);
        assert_eq!(sorted(&html).text, [1]);
        assert_eq!(sorted(&leaf("text/plain", "")).html, [0]);
        assert_eq!(sorted(&leaf("application/pdf", "")).attachments, [0]);
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let read = |head: &str, body: &[u8]| {
            let mut message = format!("{head}\r\n\r\n").into_bytes();
            message.extend_from_slice(body);
            let meta = parse(&message).meta;
            part_text(&message, &EmailMeta::decode(&meta).unwrap().parts[0])
        };
        let fine = read("Content-Type: text/plain; charset=iso-8859-1", b"a\r\n\xe4");
        assert_eq!((&*fine.text, fine.is_encoding_problem), ("a\nä", false));
        let unknown = read("Content-Type: text/plain; charset=x-nobody", b"a");
        assert!(unknown.is_encoding_problem);
        let broken = read("Content-Type: text/plain; charset=utf-8", b"a\xff");
        assert!(broken.is_encoding_problem);
        let encoded = read("Content-Transfer-Encoding: x-uuencode", b"begin");
        assert_eq!(
            (&*encoded.text, encoded.is_encoding_problem),
            ("begin", true)
        );
        let sign = read(
            "Content-Type: text/plain; charset=utf-8",
            "\u{fffd}".as_bytes(),
        );
        assert!(!sign.is_encoding_problem);
    }
}
