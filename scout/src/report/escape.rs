//! Making foreign texts harmless: for a terminal, for HTML, for a spreadsheet, for a pattern of STIX.

use std::fmt::Write as _;

/// Whether a reader would not see this sign, or would see others in a wrong order because of it.
fn is_hidden(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            // Marks that turn the direction of text, and signs without width.
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

/// For a terminal and a file of plain text: one line, and what cannot be seen written as `\u{1b}`.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter == '\t' {
            out.push(' ');
        } else if is_hidden(letter) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(letter));
        } else {
            out.push(letter);
        }
    }
    out
}

/// For HTML and SVG, in an element and in an attribute that stands in double quotes.
#[must_use]
pub fn html(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for letter in plain(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter => out.push(letter),
        }
    }
    out
}

/// A cell of a CSV file, in quotes (RFC 4180 2). What a spreadsheet would calculate gets an apostrophe before it.
#[must_use]
pub fn cell(text: &str) -> String {
    let text = plain(text);
    let calculates = text.trim_start().starts_with([
        '=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}',
    ]);
    let mark = if calculates { "'" } else { "" };
    // RFC 4180 2: a quote within quotes is written twice.
    format!("\"{mark}{}\"", text.replace('"', "\"\""))
}

/// A row of such cells, with the line end of RFC 4180 2.
#[must_use]
pub fn row<'a>(cells: impl IntoIterator<Item = &'a str>) -> String {
    let cells: Vec<_> = cells.into_iter().map(cell).collect();
    cells.join(",") + "\r\n"
}

/// A text in a pattern of STIX, without the quotes around it.
#[must_use]
pub fn pattern(text: &str) -> String {
    // STIX 2.1 9.2: a backslash and an apostrophe stand after a backslash.
    plain(text).replace('\\', "\\\\").replace('\'', "\\'")
}
