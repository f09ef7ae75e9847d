//! Text of somebody else made fit for a line: bounded, and without anything that could end it.

/// Characters of a text that a scanner says, at most. Ours: it must fit into one line of a reply (RFC 5321 4.5.3.1.5:
/// 512 octets) even where each character takes two.
pub(crate) const TEXT_CHARS_MAX: usize = 200;

/// The text in one line: controls become spaces, and so many characters are kept at most.
pub(crate) fn line(text: &str, chars_max: usize) -> String {
    let spaced = text.chars().map(|character| {
        if character.is_control() {
            ' '
        } else {
            character
        }
    });
    let cut: String = spaced.take(chars_max).collect();
    cut.trim().to_owned()
}

/// As [`line`], of octets that ought to be UTF-8.
pub(crate) fn line_of(octets: &[u8], chars_max: usize) -> String {
    // No character has more than four octets, so nothing that would be kept is cut here.
    let cut = octets.get(..chars_max.saturating_mul(4)).unwrap_or(octets);
    line(&String::from_utf8_lossy(cut), chars_max)
}

/// As [`line`], in ASCII alone: other characters become question marks. RFC 5321 4.2: what a reply may have.
pub(crate) fn ascii_line(text: &str, chars_max: usize) -> String {
    let ascii = |character: char| if character.is_ascii() { character } else { '?' };
    line(text, chars_max).chars().map(ascii).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_the_line() {
        assert_eq!(line(" a\r\nb\u{85}c ", 9), "a  b c");
        assert_eq!(line_of(b"\xff\xfeab", 3), "\u{fffd}\u{fffd}a");
        assert_eq!(ascii_line("gr\u{fc}n", 9), "gr?n");
    }
}
