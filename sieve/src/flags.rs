//! Sets of IMAP flags (RFC 5232 2).

use crate::limits::{FLAG_OCTETS_MAX, FLAGS_MAX};

/// Adds the flags of a string, which spaces part; those that are known already, are no flags, or too many are left out.
pub(crate) fn add(flags: &mut Vec<String>, text: &str) {
    for flag in words(text) {
        if flags.len() < FLAGS_MAX && !contains(flags, flag) {
            flags.push(flag.to_owned());
        }
    }
}

/// Takes away the flags of a string.
pub(crate) fn remove(flags: &mut Vec<String>, text: &str) {
    for flag in words(text) {
        flags.retain(|known| !known.eq_ignore_ascii_case(flag));
    }
}

fn contains(flags: &[String], flag: &str) -> bool {
    flags.iter().any(|known| known.eq_ignore_ascii_case(flag))
}

/// The flags in a string.
pub(crate) fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(' ').filter(|flag| is_flag(flag))
}

/// RFC 9051 9, flag: an atom, or one of the system flags that can be set; RFC 5232 2: others are ignored.
fn is_flag(flag: &str) -> bool {
    const SYSTEM: [&str; 5] = ["\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft"];
    if flag.starts_with('\\') {
        return SYSTEM.iter().any(|known| known.eq_ignore_ascii_case(flag));
    }
    let is_atom = |byte: u8| byte.is_ascii_graphic() && !b"(){%*\"\\]".contains(&byte);
    !flag.is_empty() && flag.len() <= FLAG_OCTETS_MAX && flag.bytes().all(is_atom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_have_each_flag_once_and_no_others() {
        let mut flags = Vec::new();
        add(&mut flags, "  \\Seen  $label \\seen \\Recent a(b \\Other ä");
        assert_eq!(flags, ["\\Seen", "$label"]);
        remove(&mut flags, "$LABEL nothing");
        assert_eq!(flags, ["\\Seen"]);
        for n in 0..2 * FLAGS_MAX {
            add(&mut flags, &format!("f{n}"));
        }
        assert_eq!(flags.len(), FLAGS_MAX);
    }
}
