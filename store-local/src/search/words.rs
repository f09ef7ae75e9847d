//! From a person's words to the index's questions.

use std::borrow::Cow;

use store::Field;
use unicode_normalization::char::is_combining_mark;

/// Words one question can have; more are left out.
const WORDS_PER_QUESTION_MAX: usize = 32;
/// Characters of a word that are looked at.
const WORD_CHARACTERS_MAX: usize = 64;

/// What the index's tables are asked, in FTS5's language: every word must begin a word of the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    /// All words are looked for in one table.
    In(Table, String),
    /// Each of the words may be in either table.
    InEither(Vec<String>),
}

/// A table of the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    /// Words of the fields of the header.
    Header,
    /// Words of the body.
    Body,
}

impl Question {
    pub(super) fn of(field: Field, text: &str) -> Self {
        let column = match field {
            Field::Any => return Self::InEither(words(text)),
            Field::Body => return Self::In(Table::Body, words(text).join(" AND ")),
            Field::Subject => "subject",
            Field::From => "sender",
            Field::To => "recipients",
            Field::Cc => "cc",
            Field::Bcc => "bcc",
        };
        let words = words(text).join(" AND ");
        let question = if words.is_empty() {
            words
        } else {
            format!("{column} : ({words})")
        };
        Self::In(Table::Header, question)
    }

    /// Whether there is no word in it.
    pub(super) fn is_empty(&self) -> bool {
        match self {
            Self::In(_, question) => question.is_empty(),
            Self::InEither(words) => words.is_empty(),
        }
    }
}

/// The words of a text, each as a prefix in FTS5's language.
fn words(text: &str) -> Vec<String> {
    let prefix = |word: &str| {
        let word: String = word.chars().take(WORD_CHARACTERS_MAX).collect();
        format!("\"{word}\"*")
    };
    fold_sharp_s(text)
        .split(|character: char| !is_of_word(character))
        .filter(|word| !word.is_empty())
        .take(WORDS_PER_QUESTION_MAX)
        .map(prefix)
        .collect()
}

/// What `unicode61` takes for a part of a word: letters, numbers, and the accents it drops. It does not take most marks
/// for one, such as vowel signs of Indian scripts; a word of the question with one in it would be two for the index, thus
/// a phrase, which it refuses to look for.
fn is_of_word(character: char) -> bool {
    let is_letter_drawn_as_symbol =
        matches!(character, '\u{24b6}'..='\u{24e9}' | '\u{1f130}'..='\u{1f189}');
    let was_mark_once = matches!(character, '\u{19b0}'..='\u{19c9}' | '\u{1cf2}' | '\u{1cf3}');
    is_accent(character)
        || (character.is_alphanumeric()
            && !is_combining_mark(character)
            && !is_letter_drawn_as_symbol
            && !was_mark_once)
}

/// The accents that `unicode61` drops, one bit for each mark from U+0300 on.
const ACCENTS: u64 = 0x0003_61f8_0802_9fdf;

fn is_accent(character: char) -> bool {
    u32::from(character)
        .checked_sub(0x300)
        .is_some_and(|mark| mark < u64::BITS && ACCENTS >> mark & 1 == 1)
}

/// German writes ss where there is no ß; `unicode61` folds ä, ö and ü, but not ß.
pub(super) fn fold_sharp_s(text: &str) -> Cow<'_, str> {
    // Looked for one after the other, which compares octets; together, every character would be decoded.
    if text.contains("ß") || text.contains("ẞ") {
        Cow::Owned(text.replace(['ß', 'ẞ'], "ss"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_of_a_question_is_two_for_the_index() {
        let index = rusqlite::Connection::open_in_memory().unwrap();
        index
            .execute_batch(
                "CREATE VIRTUAL TABLE body USING fts5(words, content='', detail=none,
                 tokenize=\"unicode61 remove_diacritics 2\")",
            )
            .unwrap();
        let mut select = index
            .prepare("SELECT rowid FROM body WHERE body MATCH ?")
            .unwrap();
        // Up to the last plane that has letters.
        for character in '\u{80}'..'\u{34000}' {
            let words = words(&format!("a{character}b"));
            let asked = select.exists([words.join(" AND ")]);
            assert!(asked.is_ok(), "U+{:x}: {asked:?}", u32::from(character));
        }
        assert_eq!(words("हिंदी Müller Mu\u{308}ller").len(), 4);
    }

    #[test]
    fn words_are_quoted_and_anything_else_parts_them() {
        assert_eq!(
            Question::of(Field::Any, "Größe \"x*"),
            Question::InEither(vec!["\"Grösse\"*".into(), "\"x\"*".into()])
        );
        assert_eq!(
            Question::of(Field::Subject, "a-b"),
            Question::In(Table::Header, "subject : (\"a\"* AND \"b\"*)".into())
        );
        assert_eq!(
            Question::of(Field::Body, "a-b"),
            Question::In(Table::Body, "\"a\"* AND \"b\"*".into())
        );
        for field in [Field::Any, Field::Body, Field::Cc] {
            assert!(Question::of(field, " -- ").is_empty());
        }
    }
}
