//! Rust source as plain text with comments and literals blanked out, so that a search meets only code.
//!
//! Line breaks stay where they are, so line numbers hold. It is a scanner, not a parser: it knows where a comment, a
//! string or a character begins and ends, and nothing else.

/// The text with the inside of comments, strings and characters replaced by blanks.
pub(crate) fn without_comments_and_literals(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        let end = if rest.starts_with(b"//") {
            at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len())
        } else if rest.starts_with(b"/*") {
            at + comment_length(rest)
        } else if let Some(length) = raw_string_length(rest, at.checked_sub(1).map(|i| bytes[i])) {
            at + length
        } else if rest[0] == b'"' {
            at + string_length(rest)
        } else if rest[0] == b'\'' {
            at + character_length(rest)
        } else {
            at += 1;
            continue;
        };
        blank(&mut code[at..end]);
        at = end.max(at + 1);
    }
    String::from_utf8(code)
        .expect("only whole comments and literals are blanked, which leaves whole characters")
}

/// The code up to its unit tests: a `#[cfg(test)]` in the first column ends what we look at.
pub(crate) fn without_tests(code: &str) -> &str {
    code.find("\n#[cfg(test)]\nmod tests {")
        .map_or(code, |at| &code[..at])
}

/// The words of the text that Rust would call identifiers, with the byte offset of each.
pub(crate) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + code[at..].find(is_word)?;
        let end = code[start..]
            .find(|c| !is_word(c))
            .map_or(code.len(), |length| start + length);
        at = end;
        Some((start, &code[start..end]))
    })
}

/// The number of the line that holds the byte `offset`, counted from 1.
pub(crate) fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset]
        .iter()
        .filter(|b| **b == b'\n')
        .count()
        + 1
}

fn blank(bytes: &mut [u8]) {
    for byte in bytes {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

/// The length of a block comment, which may hold others.
fn comment_length(rest: &[u8]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of `r"..."` or `r#"..."#`, if one begins here.
fn raw_string_length(rest: &[u8], before: Option<u8>) -> Option<usize> {
    let starts_word =
        !before.is_some_and(|b| (b.is_ascii_alphanumeric() && b != b'b' && b != b'c') || b == b'_');
    let hashes = rest
        .strip_prefix(b"r")?
        .iter()
        .take_while(|b| **b == b'#')
        .count();
    if !starts_word || rest.get(1 + hashes) != Some(&b'"') {
        return None;
    }
    let mut end = vec![b'"'];
    end.resize(1 + hashes, b'#');
    let body = 2 + hashes;
    let length = rest[body..]
        .windows(end.len())
        .position(|window| window == end);
    Some(length.map_or(rest.len(), |length| body + length + end.len()))
}

fn string_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of a character literal; 1 for the quote of a lifetime, which is left as it is but for the quote.
fn character_length(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        return rest
            .iter()
            .skip(3)
            .position(|b| *b == b'\'')
            .map_or(1, |length| length + 4);
    }
    // A character is up to four bytes long; a lifetime has no closing quote that near.
    let text = std::str::from_utf8(&rest[1..rest.len().min(5)])
        .or_else(|error| std::str::from_utf8(&rest[1..1 + error.valid_up_to()]));
    let first = text
        .ok()
        .and_then(|text| text.chars().next())
        .map_or(1, char::len_utf8);
    if rest.get(1 + first) == Some(&b'\'') {
        first + 2
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_and_comments_are_blank() {
        let text = "let a = \"unsafe \\\" x\"; // unsafe\n/* unsafe /* deep */ unsafe */ let b = r#\"unsafe \"#;";
        let code = without_comments_and_literals(text);
        assert!(!code.contains("unsafe"), "{code}");
        assert!(
            code.contains("let a =") && code.contains("let b ="),
            "{code}"
        );
        assert_eq!(code.len(), text.len());
    }

    #[test]
    fn characters_and_lifetimes_are_told_apart() {
        let code = without_comments_and_literals(
            "fn f<'a>(x: &'a str) { x == '\"'; y('\\'', 'ü', '\\u{1F600}') }",
        );
        assert!(
            code.contains("'a>(x: &") || code.contains(" a>(x: & a str)"),
            "{code}"
        );
        assert!(code.trim_end().ends_with('}'), "{code}");
        assert!(!code.contains('"') && !code.contains('ü'), "{code}");
    }

    #[test]
    fn a_word_that_ends_in_r_is_no_raw_string() {
        assert_eq!(without_comments_and_literals("var\"x\""), "var   ");
        assert_eq!(without_comments_and_literals("br\"x\" y"), "b     y");
    }

    #[test]
    fn words_have_their_places() {
        let found: Vec<_> = words("use crate::sync;\nx1").collect();
        assert_eq!(found, [(0, "use"), (4, "crate"), (11, "sync"), (17, "x1")]);
        assert_eq!(line_of("use crate::sync;\nx1", 17), 2);
    }
}
