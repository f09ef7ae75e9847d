//! From a person's words to the index's question.

use std::borrow::Cow;

use store::Field;

/// Words one question can have; more are left out.
const WORDS_PER_QUESTION_MAX: usize = 32;
/// Characters of a word that are looked at.
const WORD_CHARACTERS_MAX: usize = 64;

/// The question in FTS5's language: every word must begin a word of the field. None if there is no word in it.
pub(super) fn question(field: Field, text: &str) -> Option<String> {
    let columns = match field {
        Field::Any => "",
        Field::Body => "body : ",
        Field::Subject => "subject : ",
        Field::From => "sender : ",
        Field::To => "recipients : ",
        Field::Cc => "cc : ",
        Field::Bcc => "bcc : ",
    };
    let text = fold_sharp_s(text);
    let mut question = String::new();
    for word in text
        .split(|character: char| !is_of_word(character))
        .filter(|word| !word.is_empty())
        .take(WORDS_PER_QUESTION_MAX)
    {
        if !question.is_empty() {
            question.push_str(" AND ");
        }
        question.push('"');
        question.extend(word.chars().take(WORD_CHARACTERS_MAX));
        question.push_str("\"*");
    }
    (!question.is_empty()).then(|| format!("{columns}({question})"))
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
            question(Field::Any, "Größe \"x*").as_deref(),
            Some("(\"Grösse\"* AND \"x\"*)")
        );
        assert_eq!(
            question(Field::Subject, "a-b").as_deref(),
            Some("subject : (\"a\"* AND \"b\"*)")
        );
        assert_eq!(question(Field::Body, " -- "), None);
    }
}
