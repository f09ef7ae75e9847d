//! Modified UTF-7, in which folders of Maildirs are named (RFC 3501 5.1.3).

use base64::Engine;
use base64::alphabet::Alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// RFC 3501 5.1.3: base64 with `,` for `/`, without padding.
fn base64() -> Option<GeneralPurpose> {
    let alphabet =
        Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,").ok()?;
    let config = GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true);
    Some(GeneralPurpose::new(&alphabet, config))
}

/// The name that this text stands for; none if it is no modified UTF-7.
pub(crate) fn decode(text: &str) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, encoded)) = rest.split_once('&') {
        name.push_str(plain);
        let (shifted, after) = encoded.split_once('-')?;
        if shifted.is_empty() {
            name.push('&');
        } else {
            let octets = base64()?.decode(shifted).ok()?;
            let (units, []) = octets.as_chunks::<2>() else {
                return None;
            };
            let units: Vec<_> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
            name.push_str(&String::from_utf16(&units).ok()?);
        }
        rest = after;
    }
    name.push_str(rest);
    Some(name)
}

/// The text for a name; dots too, since Maildir++ separates levels with them.
pub(crate) fn encode(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    let mut waiting = Vec::new();
    for character in name.chars() {
        if matches!(character, ' '..='~') && character != '.' && character != '/' {
            shift(&mut waiting, &mut text);
            text.push(character);
            if character == '&' {
                text.push('-');
            }
        } else {
            let mut units = [0; 2];
            let units = character.encode_utf16(&mut units);
            waiting.extend(units.iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    shift(&mut waiting, &mut text);
    text
}

fn shift(waiting: &mut Vec<u8>, text: &mut String) {
    if let Some(engine) = base64().filter(|_| !waiting.is_empty()) {
        text.push('&');
        engine.encode_string(&*waiting, text);
        text.push('-');
        waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        assert_eq!(decode("Entw&APw-rfe").as_deref(), Some("Entwürfe"));
        assert_eq!(decode("a&-b").as_deref(), Some("a&b"));
        assert_eq!(decode("&broken"), None);
        assert_eq!(decode("&AA-"), None);
        for name in ["Entwürfe", "a&b", "日本 🙂", "v1.2", "", "plain"] {
            assert_eq!(
                decode(&encode(name)).as_deref(),
                Some(name),
                "{}",
                encode(name)
            );
        }
        assert_eq!(encode("v1.2"), "v1&AC4-2");
    }
}
