//! The words of a text, each once: all that the index is to know of a body.
//!
//! A mail says most of its words several times, and all of them twice where it has an HTML part beside the plain one. The
//! index notes for a body only that a word is in it, and finding that out once more for each time was half of its work.
//!
//! It need not be exact: a word that is told twice costs a little time. So what was seen is remembered in a table of fixed
//! size, where later words take the places of earlier ones, and no text can make this slow.

/// Places of the table; a power of two.
const SLOTS_MIN: usize = 64;
const SLOTS_MAX: usize = 4_096;
/// About so many octets of text for each place.
const OCTETS_PER_SLOT: usize = 4;

/// A word that was seen: where it lies in what was written. One without octets is none.
#[derive(Clone, Copy, Default)]
struct Seen {
    start: u32,
    octets: u32,
}

/// The words of a text in the order of their first appearance, in small letters as far as they are ASCII, with single
/// spaces behind them. What stands between two spaces is one word or several for the index, as it was before.
pub(super) fn distinct(text: &str) -> String {
    let octets = text.as_bytes();
    let slots = (octets.len() / OCTETS_PER_SLOT)
        .next_power_of_two()
        .clamp(SLOTS_MIN, SLOTS_MAX);
    let mut table = vec![Seen::default(); slots];
    let mut words = String::with_capacity(octets.len() / 2);
    let mut at = 0;
    while let Some(gap) = octets[at..].iter().position(is_of_word) {
        let start = at + gap;
        let length = octets[start..].iter().position(|octet| !is_of_word(octet));
        at = length.map_or(octets.len(), |length| start + length);
        let written = words.len();
        words.push_str(&text[start..at]);
        words[written..].make_ascii_lowercase();
        if is_new(&mut table, &words, written) {
            words.push(' ');
        } else {
            words.truncate(written);
        }
    }
    words
}

/// ASCII's letters and digits, and all of what is not ASCII: only the index knows what of that is a letter.
fn is_of_word(octet: &u8) -> bool {
    octet.is_ascii_alphanumeric() || !octet.is_ascii()
}

/// Whether the word at the end of `words` is not known to be there already; then it is noted.
fn is_new(table: &mut [Seen], words: &str, start: usize) -> bool {
    let words = words.as_bytes();
    let word = &words[start..];
    let (Ok(start), Ok(octets)) = (u32::try_from(start), u32::try_from(word.len())) else {
        return true;
    };
    let is_same = |seen: Seen| {
        let from = seen.start as usize;
        seen.octets == octets && words.get(from..from + word.len()) == Some(word)
    };
    let first = slot(word, table.len());
    let places = [first, first ^ 1];
    if places.iter().any(|place| is_same(table[*place])) {
        return false;
    }
    let is_free = |place: &usize| table[*place].octets == 0;
    let place = places.into_iter().find(is_free).unwrap_or(first);
    table[place] = Seen { start, octets };
    true
}

/// Where a word is noted in a table of so many places.
fn slot(word: &[u8], slots: usize) -> usize {
    // Spreads well enough, eight octets at a time; an odd number without a pattern in its bits.
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = 0_u64;
    for chunk in word.chunks(8) {
        let mut octets = [0; 8];
        octets[..chunk.len()].copy_from_slice(chunk);
        hash = (hash.rotate_left(29) ^ u64::from_le_bytes(octets)).wrapping_mul(FACTOR);
    }
    usize::try_from(hash >> 40).unwrap_or(0) & (slots - 1)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_word_is_told_once() {
        assert_eq!(distinct(""), "");
        assert_eq!(distinct(" -- \r\n"), "");
        assert_eq!(
            distinct("The end: the END, and Grüße; grüße—Grüße e2e"),
            "the end and grüße grüße—grüße e2e "
        );
    }

    #[test]
    fn a_text_of_few_words_becomes_short() {
        let text = "mit freundlichen Grüßen, with kind regards. ".repeat(5_000);
        assert_eq!(distinct(&text).split(' ').count(), 7);
    }

    #[test]
    fn no_text_makes_it_forget_a_word() {
        let text: String = (0..50_000).map(|number| format!("w{number} ")).collect();
        assert_eq!(distinct(&text), text);
    }

    /// What is between separators that are ASCII, small letters only.
    fn words(text: &str) -> BTreeSet<String> {
        let is_separator = |c: char| c.is_ascii() && !c.is_ascii_alphanumeric();
        text.split(is_separator)
            .filter(|word| !word.is_empty())
            .map(str::to_ascii_lowercase)
            .collect()
    }

    proptest! {
        #[test]
        fn the_words_stay_the_same(text in "([a-cA-Cäß€ .,]{0,6}|.){0,60}") {
            let told = distinct(&text);
            prop_assert_eq!(words(&told), words(&text));
            prop_assert!(told.split(' ').filter(|word| !word.is_empty()).count() >= words(&text).len());
        }
    }
}
