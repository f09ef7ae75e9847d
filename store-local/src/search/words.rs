//! From a person's words to the index's questions.

use std::borrow::Cow;

use store::Field;

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

/// `unicode61` takes letters, numbers and the combining marks behind them (U+0300 to U+036F) for parts of a word.
fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&character)
}

/// German writes ss where there is no ß; `unicode61` folds ä, ö and ü, but not ß.
pub(super) fn fold_sharp_s(text: &str) -> Cow<'_, str> {
    if text.contains(['ß', 'ẞ']) {
        Cow::Owned(text.replace(['ß', 'ẞ'], "ss"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
