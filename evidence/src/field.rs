//! Field: one value of a row of comma-separated values, borrowed from the row.

use std::borrow::Cow;

/// Columns of a row; Exchange writes up to 95.
pub const COLUMNS_MAX: usize = 512;

/// One value, as it stands in the row, without the quotes around it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Field<'a> {
    raw: &'a [u8],
    has_doubled_quotes: bool,
}

impl<'a> Field<'a> {
    /// A value without quotes.
    #[must_use]
    pub fn plain(raw: &'a [u8]) -> Self {
        Self {
            raw,
            has_doubled_quotes: false,
        }
    }

    /// The octets between the quotes; doubled quotes are still doubled.
    #[must_use]
    pub fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// The text; octets that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(self) -> Cow<'a, str> {
        let text = String::from_utf8_lossy(self.raw);
        if self.has_doubled_quotes {
            Cow::Owned(text.replace("\"\"", "\""))
        } else {
            text
        }
    }

    /// Whether it stands for nothing.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.raw.is_empty()
    }
}

/// Splits a row at its commas; a value may stand in quotes. What comes after [`COLUMNS_MAX`] is left out.
// RFC 4180 2: a quote within quotes is doubled.
pub fn split<'a>(row: &'a [u8], fields: &mut Vec<Field<'a>>) {
    split_at(row, b',', fields);
}

/// As [`split`], at another sign.
pub fn split_at<'a>(row: &'a [u8], sign: u8, fields: &mut Vec<Field<'a>>) {
    fields.clear();
    let mut rest = row;
    while fields.len() < COLUMNS_MAX {
        let (field, end) = match rest.first() {
            Some(b'"') => quoted(rest),
            _ => {
                let end = memchr::memchr(sign, rest).unwrap_or(rest.len());
                (Field::plain(&rest[..end]), end)
            }
        };
        fields.push(field);
        // What follows a closing quote up to the next comma belongs to nobody.
        let Some(next) = memchr::memchr(sign, &rest[end..]) else {
            return;
        };
        rest = &rest[end + next + 1..];
    }
}

/// A value in quotes, and where it ends, behind the closing quote or at the end of the row.
fn quoted(text: &[u8]) -> (Field<'_>, usize) {
    let mut at = 1;
    let mut has_doubled_quotes = false;
    while let Some(found) = memchr::memchr(b'"', &text[at..]) {
        let quote = at + found;
        if text.get(quote + 1) == Some(&b'"') {
            has_doubled_quotes = true;
            at = quote + 2;
        } else {
            return (
                Field {
                    raw: &text[1..quote],
                    has_doubled_quotes,
                },
                quote + 1,
            );
        }
    }
    (
        Field {
            raw: &text[1..],
            has_doubled_quotes,
        },
        text.len(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(row: &str) -> Vec<String> {
        let mut fields = Vec::new();
        split(row.as_bytes(), &mut fields);
        fields
            .iter()
            .map(|field| field.text().into_owned())
            .collect()
    }

    #[test]
    fn quotes_hide_commas_and_doubled_quotes() {
        assert_eq!(texts(r#"a,"b,""c""",,d"#), ["a", "b,\"c\"", "", "d"]);
        assert_eq!(texts(""), [""]);
        assert_eq!(texts(","), ["", ""]);
    }

    #[test]
    fn an_open_quote_ends_with_the_row() {
        assert_eq!(texts("a,\"b,c"), ["a", "b,c"]);
        assert_eq!(texts("\"a\"x,b"), ["a", "b"]);
        assert_eq!(texts("\""), [""]);
    }

    #[test]
    fn columns_are_bounded() {
        assert_eq!(texts(&",".repeat(10_000)).len(), COLUMNS_MAX);
    }
}
