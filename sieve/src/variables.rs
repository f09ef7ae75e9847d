//! Values of variables and what `set` changes in them (RFC 5229 4.1).

use std::borrow::Cow;

use crate::limits::VARIABLE_OCTETS_MAX;
use crate::notify::encode_url;
use crate::program::{Case, Modifiers};

/// The value with its modifiers applied, those of higher precedence first, cut to what a variable holds.
pub(crate) fn modified(value: &str, modifiers: Modifiers) -> String {
    let mut value = Cow::Borrowed(cut(value, VARIABLE_OCTETS_MAX));
    // RFC 5229 4.1.3: only the letters of ASCII change.
    match modifiers.case {
        Some(Case::Lower) => value = value.to_ascii_lowercase().into(),
        Some(Case::Upper) => value = value.to_ascii_uppercase().into(),
        None => {}
    }
    if let Some(case) = modifiers.first {
        let mut rest = value.chars();
        if let Some(first) = rest.next() {
            let first = match case {
                Case::Lower => first.to_ascii_lowercase(),
                Case::Upper => first.to_ascii_uppercase(),
            };
            value = format!("{first}{}", rest.as_str()).into();
        }
    }
    if modifiers.quote_wildcard {
        value = quoted(&value).into();
    }
    if modifiers.encode_url {
        value = encode_url(&value).into();
    }
    if modifiers.length {
        // RFC 5229 4.1.2: characters, not octets.
        value = value.chars().count().to_string().into();
    }
    cut(&value, VARIABLE_OCTETS_MAX).to_owned()
}

/// RFC 5229 4.1.3: wildcards and backslashes with a backslash before them.
fn quoted(value: &str) -> String {
    let mut quoted = String::with_capacity(value.len());
    for character in value.chars() {
        if matches!(character, '*' | '?' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted
}

/// RFC 5229 6: what is too long is cut, between characters.
pub(crate) fn cut(value: &str, octets: usize) -> &str {
    if value.len() <= octets {
        return value;
    }
    let mut end = octets;
    while !value.is_char_boundary(end) {
        end -= 1;
    }
    &value[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modifiers_act_by_precedence() {
        let modifiers = Modifiers {
            case: Some(Case::Lower),
            first: Some(Case::Upper),
            quote_wildcard: true,
            ..Modifiers::default()
        };
        assert_eq!(modified("jUMBLED *Ä?", modifiers), "Jumbled \\*Ä\\?");
        let length = Modifiers {
            length: true,
            ..Modifiers::default()
        };
        assert_eq!(modified("äöü", length), "3");
        assert_eq!(
            modified(
                "",
                Modifiers {
                    first: Some(Case::Upper),
                    ..length
                }
            ),
            "0"
        );
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        assert_eq!(cut("äöü", 3), "ä");
        assert!(
            modified(&"ä".repeat(VARIABLE_OCTETS_MAX), Modifiers::default()).len()
                <= VARIABLE_OCTETS_MAX
        );
    }
}
