//! Words of header fields: as they are, quoted, or encoded (RFC 2047).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::LINE_OCTETS;

/// Octets of text in one encoded word: RFC 2047 2 allows it 75 octets with its marks.
const WORD_OCTETS: usize = 45;

/// Writes the body of a header field, folding it where it gets long.
pub(super) struct Line<'o> {
    out: &'o mut Vec<u8>,
    column: usize,
}

impl<'o> Line<'o> {
    /// Behind the name of a field and its colon.
    pub(super) fn begin(out: &'o mut Vec<u8>, name: &str) -> Self {
        out.extend_from_slice(name.as_bytes());
        out.push(b':');
        Self {
            out,
            column: name.len() + 1,
        }
    }

    /// A token with white space before it, on a new line if it does not fit on this one.
    pub(super) fn token(&mut self, token: &str) {
        if self.column + 1 + token.len() > LINE_OCTETS && self.column > 1 {
            self.out.extend_from_slice(b"\r\n");
            self.column = 0;
        }
        self.out.push(b' ');
        self.glue(token);
        self.column += 1;
    }

    /// A token right behind the last one.
    pub(super) fn glue(&mut self, token: &str) {
        self.out.extend_from_slice(token.as_bytes());
        self.column += token.len();
    }

    /// The end of the field.
    pub(super) fn end(self) {
        self.out.extend_from_slice(b"\r\n");
    }

    /// An unstructured text (RFC 5322 3.6.5): as it is where that can be, else as encoded words.
    pub(super) fn text(&mut self, text: &str) {
        let text = cleaned(text);
        if !is_plain_text(&text) {
            for word in encoded_words(&text) {
                self.token(&word);
            }
            return;
        }
        // Each piece begins with the white space before which a line may be folded, so that unfolding gives the same text.
        let mut rest = text.as_str();
        let mut is_first = true;
        while !rest.is_empty() {
            let blank = rest.len() - rest.trim_start_matches(' ').len();
            let word = rest[blank..].find(' ').map_or(rest.len(), |at| blank + at);
            let piece = &rest[..word];
            if is_first {
                self.token(piece);
            } else {
                if self.column + piece.len() > LINE_OCTETS {
                    self.out.extend_from_slice(b"\r\n");
                    self.column = 0;
                }
                self.glue(piece);
            }
            is_first = false;
            rest = &rest[word..];
        }
    }
}

/// RFC 5322 2.2: no control characters; a line end in a value would begin a field of its own.
pub(super) fn cleaned(text: &str) -> String {
    let space = |c: char| if c.is_control() { ' ' } else { c };
    text.replace("\r\n", " ").chars().map(space).collect()
}

/// Whether a text can stand in a field as it is, and is read back as the same.
fn is_plain_text(text: &str) -> bool {
    text.is_ascii()
        && !text.contains("=?")
        && text.trim_matches(' ').len() == text.len()
        // RFC 5322 2.1.1: what has no place to fold is encoded, since that can be.
        && text.split(' ').all(|word| word.len() < LINE_OCTETS * 8)
}

/// RFC 2047 2: encoded words that together are the text; each ends with a whole character.
fn encoded_words(text: &str) -> Vec<String> {
    let mut words = Vec::with_capacity(text.len() / WORD_OCTETS + 1);
    let mut rest = text;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.floor_char_boundary(WORD_OCTETS));
        words.push(format!("=?utf-8?B?{}?=", STANDARD.encode(word)));
        rest = after;
    }
    words
}

/// RFC 5322 3.2.5: a phrase, such as a name before an address, as tokens.
pub(super) fn phrase(text: &str) -> Vec<String> {
    let text = cleaned(text);
    let text = text.trim();
    let is_atom = |word: &str| !word.is_empty() && word.bytes().all(is_atext);
    if text.is_empty() {
        Vec::new()
    } else if text.contains("=?") || !text.is_ascii() || text.len() > LINE_OCTETS * 4 {
        encoded_words(text)
    } else if text.split(' ').all(is_atom) {
        text.split(' ').map(str::to_owned).collect()
    } else {
        vec![quoted(text)]
    }
}

/// RFC 5322 3.2.4: a quoted string.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// RFC 5322 3.2.3: what stands in an atom.
fn is_atext(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}
