//! Fields of a part that have parameters (RFC 2045 5.1, RFC 2183), and what is written of values outside ASCII (RFC 2231).

use super::word::{Line, cleaned, quoted};

/// Octets of a value in one piece; a longer one is continued (RFC 2231 3).
const PIECE_OCTETS: usize = 60;

/// Writes a field with a value and parameters.
pub(super) fn write_parameters(
    out: &mut Vec<u8>,
    field: &str,
    value: &str,
    parameters: &[(String, String)],
) {
    let mut line = Line::begin(out, field);
    line.token(&token(value));
    for (name, value) in parameters {
        let (name, value) = (token(name), cleaned(value));
        if name.is_empty() {
            continue;
        }
        for piece in pieces(&name, &value) {
            line.glue(";");
            line.token(&piece);
        }
    }
    line.end();
}

/// What is left of a text as a token, and `/`.
fn token(text: &str) -> String {
    let is_token = |c: &char| is_token(*c) || *c == '/';
    text.chars().filter(is_token).collect()
}

/// RFC 2045 5.1: what stands in a token.
fn is_token(character: char) -> bool {
    character.is_ascii_graphic() && !"()<>@,;:\\\"/[]?=".contains(character)
}

/// One parameter as it is written.
fn pieces(name: &str, value: &str) -> Vec<String> {
    if !value.is_empty() && value.len() <= PIECE_OCTETS && value.chars().all(is_token) {
        return vec![format!("{name}={value}")];
    }
    if value.is_ascii() && value.len() <= PIECE_OCTETS && !value.contains("=?") {
        return vec![format!("{name}={}", quoted(value))];
    }
    // RFC 2231 4: percent-encoded octets of a named charset; 3: in several pieces where it is long.
    let mut encoded: Vec<String> = vec![String::new()];
    for character in value.chars() {
        let mut octets = [0; 4];
        let character: String = character
            .encode_utf8(&mut octets)
            .bytes()
            .map(|byte| percent(byte, character))
            .collect();
        match encoded.last_mut() {
            Some(last) if last.len() + character.len() <= PIECE_OCTETS => last.push_str(&character),
            _ => encoded.push(character),
        }
    }
    if let [only] = encoded.as_slice() {
        return vec![format!("{name}*=utf-8''{only}")];
    }
    let piece = |(place, text): (usize, &String)| {
        let charset = if place == 0 { "utf-8''" } else { "" };
        format!("{name}*{place}*={charset}{text}")
    };
    encoded.iter().enumerate().map(piece).collect()
}

/// RFC 2231 7 attribute-char: those stand for themselves.
fn percent(byte: u8, character: char) -> String {
    if is_token(character) && !"*'%".contains(character) {
        character.to_string()
    } else {
        format!("%{byte:02X}")
    }
}
