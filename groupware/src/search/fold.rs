//! Text made comparable: letter case aside, and for words accents aside, too.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Appends the text so that two texts equal but for letter case get equal octets.
///
/// RFC 5051: `i;unicode-casemap` maps letter case character by character and decomposes. This composes instead, so that
/// "u" is not found in "ü"; both ways make one text of the several that write the same letters. Controls become
/// spaces, as in header fields that were unfolded.
pub(crate) fn fold_into(text: &str, out: &mut Vec<u8>) {
    let spaced = |byte: u8| if byte < b' ' { b' ' } else { byte };
    if text.is_ascii() {
        out.extend(text.bytes().map(|byte| spaced(byte.to_ascii_lowercase())));
        return;
    }
    let mut encoded = [0; 4];
    for character in text.nfkc().flat_map(char::to_lowercase) {
        // Both are the small form of the same letter.
        let character = if character == 'ς' { 'σ' } else { character };
        let octets = character.encode_utf8(&mut encoded).as_bytes();
        out.extend(octets.iter().map(|byte| spaced(*byte)));
    }
}

/// [`fold_into`] as a text of its own.
pub(crate) fn folded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    fold_into(text, &mut out);
    out
}

/// Whether there is a letter or digit, so that the index knows a word of it.
pub(crate) fn has_word(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// The words of a text as the index sees them, each behind one space.
pub(crate) fn words(text: &str) -> String {
    let characters = text
        .nfd()
        .flat_map(char::to_lowercase)
        .filter(|character| !is_combining_mark(*character));
    let mut words = String::with_capacity(text.len() + 1);
    let mut is_inside = false;
    for character in characters {
        let is_letter = character.is_alphanumeric();
        if is_letter {
            if !is_inside {
                words.push(' ');
            }
            words.push(character);
        }
        is_inside = is_letter;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_count_but_accents_do() {
        assert_eq!(
            folded("GRÖSSE"),
            folded("größe".replace('ß', "ss").as_str())
        );
        assert_eq!(folded("MU\u{308}LLER"), folded("Müller"));
        assert_ne!(folded("Muller"), folded("Müller"));
        assert_eq!(folded("ΟΔΟΣ"), folded("οδος"));
        assert_eq!(folded("A\nb"), b"a b");
        assert_eq!(folded("ﬁnden"), b"finden");
    }

    #[test]
    fn words_are_those_of_the_index() {
        assert_eq!(words("Größe, ÜBER 2€!"), " große uber 2");
        assert_eq!(words("«»"), "");
        assert!(has_word("§ 3") && !has_word("§ !"));
    }
}
