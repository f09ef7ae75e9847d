//! Words as a full-text index sees them: letters and digits, without regard to case and accents.
//!
//! The same as SQLite's `unicode61 remove_diacritics 2`, for what mail is made of, and `ß` is `ss`: `Größe` is `grosse`.

use store::{Field, SearchText};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The words of a text, folded, in their order.
pub(super) fn words(text: &str) -> Vec<String> {
    let folded: String = text
        .replace(['ß', 'ẞ'], "ss")
        .nfd()
        .filter(|character| !is_combining_mark(*character))
        .flat_map(char::to_lowercase)
        .filter(|character| !is_combining_mark(*character))
        .collect();
    folded
        .split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(Into::into)
        .collect()
}

/// Whether every word of `asked` begins a word of the field.
pub(super) fn matches(text: &SearchText, field: Field, asked: &str) -> bool {
    let parts: &[&str] = match field {
        Field::Any => &[
            &text.from,
            &text.to,
            &text.cc,
            &text.bcc,
            &text.subject,
            &text.body,
        ],
        Field::Body => &[&text.body],
        Field::Subject => &[&text.subject],
        Field::From => &[&text.from],
        Field::To => &[&text.to],
        Field::Cc => &[&text.cc],
        Field::Bcc => &[&text.bcc],
    };
    let there: Vec<String> = parts.iter().flat_map(|part| words(part)).collect();
    words(asked)
        .iter()
        .all(|asked| there.iter().any(|word| word.starts_with(asked.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_accents_do_not_count() {
        assert_eq!(words("Größe, ÜBER 2€!"), ["grosse", "uber", "2"]);
        assert_eq!(words("Cafe\u{301}"), ["cafe"]);
    }

    #[test]
    fn every_word_must_begin_a_word_of_the_field() {
        let text = SearchText {
            subject: "Jahresabschluß prüfen".into(),
            body: "Bis Freitag".into(),
            ..SearchText::default()
        };
        assert!(matches(&text, Field::Subject, "pruf JAHRESABSCHLUSS"));
        assert!(!matches(&text, Field::Subject, "schluß"));
        assert!(!matches(&text, Field::Body, "prüfen"));
        assert!(matches(&text, Field::Any, "prüfen freitag"));
    }
}
