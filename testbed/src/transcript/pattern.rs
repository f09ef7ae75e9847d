//! Expected lines: text, `...` for anything, `{name}` for something to keep.

use std::collections::BTreeMap;

/// What names stand for.
pub(super) type Bindings = BTreeMap<String, String>;

#[derive(Debug)]
enum Piece<'a> {
    Text(&'a str),
    Anything,
    Keep(&'a str),
}

/// The text with each `${name}` replaced by what the name stands for.
pub(super) fn substituted(text: &str, bindings: &Bindings) -> Result<String, String> {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        done.push_str(before);
        let (name, behind) = after.split_once('}').ok_or("`${` without `}`")?;
        let value = bindings
            .get(name)
            .ok_or_else(|| format!("`{name}` stands for nothing yet"))?;
        done.push_str(value);
        rest = behind;
    }
    Ok(done + rest)
}

/// What the names of the pattern stand for in this line; none if the line does not match.
pub(super) fn matches(pattern: &str, line: &str) -> Option<Bindings> {
    let mut bindings = Bindings::new();
    fits(&pieces(pattern), line, &mut bindings).then_some(bindings)
}

fn pieces(pattern: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['.', '{']) {
        let (before, from) = rest.split_at(at);
        let (piece, length) = if from.starts_with("...") {
            (Piece::Anything, 3)
        } else if let Some(name) = kept_name(from) {
            (Piece::Keep(name), name.len() + 2)
        } else {
            (Piece::Text(&from[..1]), 1)
        };
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(piece);
        rest = &from[length..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

/// The name in `{name}` at the beginning; IMAP's `{12}` is none.
fn kept_name(text: &str) -> Option<&str> {
    let (name, _) = text.strip_prefix('{')?.split_once('}')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_name.then_some(name)
}

fn fits(pieces: &[Piece<'_>], line: &str, bindings: &mut Bindings) -> bool {
    let Some((piece, rest)) = pieces.split_first() else {
        return line.is_empty();
    };
    let ends = line.char_indices().map(|(at, _)| at).chain([line.len()]);
    match piece {
        Piece::Text(text) => line
            .strip_prefix(text)
            .is_some_and(|line| fits(rest, line, bindings)),
        // What is kept ends as early as it can, and is not nothing.
        Piece::Anything => ends.into_iter().any(|at| fits(rest, &line[at..], bindings)),
        Piece::Keep(name) => ends.into_iter().skip(1).any(|at| {
            let found = fits(rest, &line[at..], bindings);
            if found {
                bindings.insert((*name).into(), line[..at].into());
            }
            found
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anything_fits_dots_and_names_keep_what_they_met() {
        assert!(matches("* OK ... done", "* OK [X] all done").is_some());
        assert!(matches("* OK ... done", "a OK [X] all done").is_none());
        let kept = matches("[UIDVALIDITY {v}] {rest_1}", "[UIDVALIDITY 17] hello").unwrap();
        assert_eq!(
            (kept["v"].as_str(), kept["rest_1"].as_str()),
            ("17", "hello")
        );
        assert!(
            matches("BODY[] {12}", "BODY[] {12}").is_some(),
            "a literal is text"
        );
        assert!(matches("1.5 .. x", "1.5 .. x").is_some());
        assert!(matches("{v}", "").is_none());
        assert!(matches("ä...ö", "ähö").is_some());
    }

    #[test]
    fn names_are_said_again() {
        let known = Bindings::from([("v".into(), "17".into())]);
        assert_eq!(substituted("a ${v} b ${v}", &known).unwrap(), "a 17 b 17");
        assert!(substituted("${w}", &known).is_err());
        assert!(substituted("${v", &known).is_err());
    }
}
