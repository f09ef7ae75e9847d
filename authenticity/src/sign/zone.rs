//! Texts as zone files hold them.

/// RFC 1035 3.3: octets of one character string.
const STRING_OCTETS_MAX: usize = 255;

/// A text in pieces of at most 255 octets, which the DNS joins again (RFC 6376 3.6.2.2).
#[must_use]
pub fn txt_strings(text: &str) -> Vec<String> {
    let mut strings = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (string, after) = rest.split_at(rest.floor_char_boundary(STRING_OCTETS_MAX));
        strings.push(string.to_owned());
        rest = after;
    }
    if strings.is_empty() {
        strings.push(String::new());
    }
    strings
}

/// A TXT record as a line of a zone file (RFC 1035 5.1).
#[must_use]
pub fn zone_line(name: &str, text: &str) -> String {
    let strings: Vec<String> = txt_strings(text)
        .iter()
        .map(|string| format!("\"{}\"", string.replace('\\', "\\\\").replace('"', "\\\"")))
        .collect();
    format!("{name}. IN TXT {}", strings.join(" "))
}
