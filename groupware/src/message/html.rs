//! The text of an HTML document, for searching and previews: tags, scripts and styles left out, entities decoded.
//!
//! It is no HTML parser: what it returns is never shown as HTML. Linear in the input.

use mail_parser::decoders::html::add_html_token;
use memchr::{memchr, memchr2, memmem};

use super::text::Words;

/// Octets of the longest entity that is looked for, with `&` and `;` (the longest of HTML is 33).
const ENTITY_OCTETS_MAX: usize = 34;
/// Octets of a tag's name that matter.
const TAG_OCTETS_MAX: usize = 10;

/// Writes the text of `html` until `words` is full.
pub(crate) fn text_of(html: &str, words: &mut Words<'_>) {
    let mut rest = html;
    let mut quotes = Quotes::default();
    while !words.is_full() {
        let Some(found) = memchr2(b'<', b'&', rest.as_bytes()) else {
            words.push(rest);
            return;
        };
        words.push(&rest[..found]);
        rest = &rest[found..];
        rest = if rest.starts_with('&') {
            behind_entity(rest, words)
        } else {
            behind_tag(rest, words, &mut quotes)
        };
    }
}

/// Writes the character an entity stands for, or the `&` as it is.
fn behind_entity<'h>(rest: &'h str, words: &mut Words<'_>) -> &'h str {
    let window = &rest.as_bytes()[..rest.len().min(ENTITY_OCTETS_MAX)];
    let inner = |end: &usize| {
        window[1..*end]
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'#')
    };
    let Some(end) = memchr(b';', window).filter(inner) else {
        words.push("&");
        return &rest[1..];
    };
    let mut decoded = String::new();
    add_html_token(&mut decoded, &window[..=end], false);
    if decoded == "\u{a0}" {
        words.space();
    } else {
        words.push(&decoded);
    }
    &rest[end + 1..]
}

fn behind_tag<'h>(rest: &'h str, words: &mut Words<'_>, quotes: &mut Quotes) -> &'h str {
    let bytes = rest.as_bytes();
    if bytes.starts_with(b"<!--") {
        return memmem::find(&bytes[4..], b"-->").map_or("", |end| &rest[4 + end + 3..]);
    }
    let is_closing = bytes.get(1) == Some(&b'/');
    let name = &bytes[1 + usize::from(is_closing)..];
    let length = name.iter().take(TAG_OCTETS_MAX + 1);
    let length = length.take_while(|b| b.is_ascii_alphanumeric()).count();
    if length == 0 && !is_closing && !matches!(name.first(), Some(b'!' | b'?')) {
        words.push("<");
        return &rest[1..];
    }
    let mut lower = [0; TAG_OCTETS_MAX];
    let name = lower.get_mut(..length).map(|lower| {
        lower.copy_from_slice(&name[..length]);
        lower.make_ascii_lowercase();
        &*lower
    });
    let name = name.unwrap_or_default();
    if !is_inline(name) {
        words.space();
    }
    let behind = &rest[quotes.tag_length(bytes)..];
    match name {
        b"script" | b"style" | b"template" | b"title" if !is_closing => {
            behind_closing(behind, name)
        }
        _ => behind,
    }
}

/// What follows up to the closing tag of this name is no text.
fn behind_closing<'h>(rest: &'h str, name: &[u8]) -> &'h str {
    let bytes = rest.as_bytes();
    memmem::find_iter(bytes, b"</")
        .find(|at| {
            let found = bytes.get(at + 2..at + 2 + name.len());
            found.is_some_and(|found| found.eq_ignore_ascii_case(name))
        })
        .map_or("", |at| &rest[at..])
}

/// Whether a tag leaves the word around it whole.
fn is_inline(name: &[u8]) -> bool {
    matches!(
        name,
        b"a" | b"abbr"
            | b"b"
            | b"bdi"
            | b"bdo"
            | b"big"
            | b"cite"
            | b"code"
            | b"del"
            | b"em"
            | b"font"
            | b"i"
            | b"ins"
            | b"kbd"
            | b"mark"
            | b"s"
            | b"samp"
            | b"small"
            | b"span"
            | b"strike"
            | b"strong"
            | b"sub"
            | b"sup"
            | b"tt"
            | b"u"
            | b"var"
            | b"wbr"
    )
}

/// Which quotes have no second one in what follows, so that none is looked for again.
#[derive(Default)]
struct Quotes {
    no_double: bool,
    no_single: bool,
}

impl Quotes {
    /// Length of the tag that `bytes` begin with; `>` within quotes does not end it.
    fn tag_length(&mut self, bytes: &[u8]) -> usize {
        let mut at = 1;
        while let Some(found) = memchr::memchr3(b'>', b'"', b'\'', &bytes[at..]) {
            let quote = bytes[at + found];
            at += found + 1;
            let none_left = match quote {
                b'"' => &mut self.no_double,
                b'\'' => &mut self.no_single,
                _ => return at,
            };
            if *none_left {
                continue;
            }
            match memchr(quote, &bytes[at..]) {
                Some(end) => at += end + 1,
                None => *none_left = true,
            }
        }
        bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(html: &str) -> String {
        let mut text = String::new();
        text_of(html, &mut Words::new(&mut text, 1_000));
        text
    }

    #[test]
    fn tags_scripts_and_styles_are_left_out() {
        assert_eq!(
            text("<p>Gr&uuml;&#xDF;e</p><td>an</td><td>a<b>ll</b>e</td>"),
            "Grüße an alle"
        );
        assert_eq!(
            text("<STYLE>x{}</style>a<script>if (a</b) </script >b"),
            "a b"
        );
        assert_eq!(text("a<!-- <b> -- > -->b<!doctype html><?xml?>c"), "ab c");
        assert_eq!(text("<img alt='a>b'>x <a href=\"it's>\">y</a>"), "x y");
        assert_eq!(
            text("1 < 2 &amp; 3&nbsp;&nbsp;&unknown; & &#0; &#xFFFFFFFFFF;"),
            "1 < 2 & 3 &unknown; & &#xFFFFFFFFFF;"
        );
    }

    #[test]
    fn broken_documents_end_early_and_in_linear_time() {
        assert_eq!(text("a<script>b"), "a");
        assert_eq!(text("a<!-- b"), "a");
        assert_eq!(text("a<b"), "a");
        for piece in ["<a '", "<a \"'", "&", "<", "<!--", "<script>", "</", "&#x"] {
            assert!(text(&piece.repeat(200_000)).len() <= 1_000);
        }
    }
}
