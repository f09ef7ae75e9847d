//! Pairs: `S:CMD=...;S:URL=...` as Exchange packs many values into one column.

/// The value of a name in a text of pairs; the type before the colon does not matter. A value ends at a `;` that another pair
/// follows, since commands hold semicolons themselves.
#[must_use]
pub fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    while let Some(found) = text[from..].find(name) {
        let at = from + found;
        let after = at + name.len();
        let begins = at == 0 || text[..at].ends_with([':', ';']);
        if begins && text[after..].starts_with('=') {
            let value = &text[after + 1..];
            return Some(&value[..end(value)]);
        }
        from = after;
    }
    None
}

fn end(value: &str) -> usize {
    let mut from = 0;
    while let Some(found) = value[from..].find(';') {
        let at = from + found;
        if is_pair(&value[at + 1..]) {
            return at;
        }
        from = at + 1;
    }
    value.len()
}

/// `S:EX=`, `I32:ADS.C[...]=`, `Dbl:WLM.TS=`, `ACTID=`.
fn is_pair(text: &str) -> bool {
    let kind = text.bytes().take_while(u8::is_ascii_alphanumeric).count();
    kind > 0 && kind <= 4 && text[kind..].starts_with(':')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_hold_semicolons() {
        let text =
            "S:TIME=13;S:CMD=Set-X.Url='a;b(c);d'.I='1';S:REQID=;S:URL=/ecp/DDI?schema=Reset;S:EX=";
        assert_eq!(value(text, "CMD"), Some("Set-X.Url='a;b(c);d'.I='1'"));
        assert_eq!(value(text, "REQID"), Some(""));
        assert_eq!(value(text, "URL"), Some("/ecp/DDI?schema=Reset"));
        assert_eq!(value(text, "EX"), Some(""));
        assert_eq!(value(text, "NONE"), None);
    }
}
