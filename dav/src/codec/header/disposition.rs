//! `Content-Disposition`: what a file is called (RFC 6266, as RFC 8607 3.3.1 asks).

use super::simple::{split_quoted, unquote};

/// The file's name; the one in UTF-8 (RFC 8187) goes before the plain one. No path: RFC 6266 4.3 takes what stands last.
#[must_use]
pub fn file_name(value: &str) -> Option<String> {
    let mut plain = None;
    let mut extended = None;
    for part in split_quoted(value, ';').skip(1) {
        let Some((name, value)) = part.split_once('=') else {
            continue;
        };
        let name = name.trim();
        if name.eq_ignore_ascii_case("filename*") {
            extended = extended.or_else(|| utf8(value.trim()));
        } else if name.eq_ignore_ascii_case("filename") {
            plain = plain.or_else(|| Some(unquote(value.trim())));
        }
    }
    let whole = extended.or(plain)?;
    let last = whole.rsplit(['/', '\\']).next().unwrap_or_default();
    (!last.is_empty()).then(|| last.to_owned())
}

/// RFC 8187 3.2.1 `ext-value`, in UTF-8.
fn utf8(value: &str) -> Option<String> {
    let (charset, rest) = value.split_once('\'')?;
    let (_, encoded) = rest.split_once('\'')?;
    if !charset.eq_ignore_ascii_case("utf-8") {
        return None;
    }
    let decoded = crate::codec::href::decode(encoded).ok()?;
    Some(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn names_are_found() {
        for (value, name) in [
            ("attachment;filename=agenda.html", Some("agenda.html")),
            (
                "attachment; filename=\"a; \\\"b\\\".txt\"",
                Some("a; \"b\".txt"),
            ),
            (
                "attachment; filename=\"x\"; FileName*=utf-8'de'%C3%84.txt",
                Some("Ä.txt"),
            ),
            ("attachment; filename*=latin1''%C4; filename=x", Some("x")),
            ("attachment; filename*=UTF-8''%C4; filename=x", Some("x")),
            (
                "attachment; filename=\"C:\\\\Temp\\\\x.txt\"",
                Some("x.txt"),
            ),
            ("attachment; filename=../", None),
            ("attachment", None),
            ("filename=x", None),
            ("", None),
        ] {
            assert_eq!(file_name(value).as_deref(), name, "{value}");
        }
    }
}
