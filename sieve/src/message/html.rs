//! The text of an HTML document, for `body :text`: tags, scripts and styles left out, entities decoded.
//!
//! It is no HTML parser: what it returns is compared, never shown. Linear in the input.

use mail_parser::decoders::html::add_html_token;
use memchr::{memchr, memchr2, memmem};

/// Octets of the longest entity that is looked for, with `&` and `;`.
const ENTITY_OCTETS_MAX: usize = 34;

/// RFC 5173 5.3: mark-up may be taken away before the text is compared.
pub(crate) fn text_of(html: &str) -> String {
    let mut text = String::with_capacity(html.len() / 2);
    let mut rest = html;
    while let Some(found) = memchr2(b'<', b'&', rest.as_bytes()) {
        text.push_str(&rest[..found]);
        rest = &rest[found..];
        rest = if rest.starts_with('&') {
            behind_entity(rest, &mut text)
        } else {
            behind_tag(rest, &mut text)
        };
    }
    text.push_str(rest);
    text
}

fn behind_entity<'h>(rest: &'h str, text: &mut String) -> &'h str {
    let window = &rest.as_bytes()[..rest.len().min(ENTITY_OCTETS_MAX)];
    let end = memchr(b';', window).filter(|end| {
        window[1..*end]
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || *b == b'#')
    });
    let Some(end) = end else {
        text.push('&');
        return &rest[1..];
    };
    add_html_token(text, &window[..=end], false);
    &rest[end + 1..]
}

fn behind_tag<'h>(rest: &'h str, text: &mut String) -> &'h str {
    let octets = rest.as_bytes();
    if octets.starts_with(b"<!--") {
        return memmem::find(&octets[4..], b"-->").map_or("", |end| &rest[4 + end + 3..]);
    }
    let name = octets[1..]
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count();
    if name == 0 && !matches!(octets.get(1), Some(b'/' | b'!' | b'?')) {
        text.push('<');
        return &rest[1..];
    }
    let behind = memchr(b'>', octets).map_or("", |end| &rest[end + 1..]);
    let name = &octets[1..=name];
    if is_block(name) || octets.get(1) == Some(&b'/') && is_block(closed_name(octets)) {
        text.push(' ');
    }
    for hidden in [&b"script"[..], b"style", b"template"] {
        if name.eq_ignore_ascii_case(hidden) {
            return behind_closing(behind, hidden);
        }
    }
    behind
}

fn closed_name(octets: &[u8]) -> &[u8] {
    let name = octets.get(2..).unwrap_or_default();
    &name[..name
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric())
        .count()]
}

/// What follows up to the closing tag of this name is no text.
fn behind_closing<'h>(rest: &'h str, name: &[u8]) -> &'h str {
    let octets = rest.as_bytes();
    let closing = memmem::find_iter(octets, b"</").find(|at| {
        let found = octets.get(at + 2..at + 2 + name.len());
        found.is_some_and(|found| found.eq_ignore_ascii_case(name))
    });
    closing.map_or("", |at| &rest[at..])
}

/// Whether a tag ends the word before it.
fn is_block(name: &[u8]) -> bool {
    const BLOCKS: [&[u8]; 20] = [
        b"p",
        b"br",
        b"div",
        b"td",
        b"th",
        b"tr",
        b"table",
        b"li",
        b"ul",
        b"ol",
        b"h1",
        b"h2",
        b"h3",
        b"h4",
        b"h5",
        b"h6",
        b"hr",
        b"blockquote",
        b"pre",
        b"body",
    ];
    BLOCKS.iter().any(|block| name.eq_ignore_ascii_case(block))
}

#[cfg(test)]
mod tests {
    use super::text_of;

    #[test]
    fn mark_up_is_left_out() {
        assert_eq!(
            text_of("<p>Gr&uuml;&#xDF;e</p><b>a</b>l<STYLE>x{}</style>le"),
            " Grüße alle"
        );
        assert_eq!(
            text_of("a<!-- <b> -->b<!doctype html>c 1 < 2 & 3"),
            "abc 1 < 2 & 3"
        );
        assert_eq!(text_of("a<script>b"), "a");
    }

    #[test]
    fn broken_documents_take_linear_time() {
        for piece in ["<a '", "&", "<", "<!--", "<script>", "</", "&#x", "<p"] {
            assert!(text_of(&piece.repeat(100_000)).len() <= 400_000);
        }
    }
}
