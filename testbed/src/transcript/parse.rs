//! The grammar of transcript files.

use std::fs;
use std::path::{Path, PathBuf};

/// A dialogue read from a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// Where it is from, for messages.
    pub name: String,
    /// Its first line: the rule it fixes.
    pub rule: String,
    pub(super) steps: Vec<Step>,
}

/// One line of a dialogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Its number in the file, from 1.
    pub(super) line: usize,
    /// The connection, from 1.
    pub(super) connection: u8,
    pub(super) action: Action,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// A line of the client.
    Send(String),
    /// A line of a block whose octets are counted.
    Block(String),
    /// Bytes of the client as they stand.
    Raw(Vec<u8>),
    /// The server's next line.
    Expect(String),
    /// A line of the server, whatever comes before it.
    Await(String),
    /// The server closes.
    Closed,
}

impl Transcript {
    /// Reads a dialogue.
    ///
    /// # Errors
    /// The line that is none of the grammar, or that the first line names no rule.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let rule = text.lines().next().and_then(|line| line.strip_prefix("# "));
        let rule =
            rule.ok_or_else(|| format!("{name}:1: the first line names the rule: `# RFC ...`"))?;
        let mut steps = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let (connection, action) = step(line)
                .ok_or_else(|| format!("{name}:{number}: neither `C:` nor `S:`: {line}"))?;
            steps.push(Step {
                line: number,
                connection,
                action,
            });
        }
        Ok(Self {
            name: name.into(),
            rule: rule.into(),
            steps,
        })
    }

    /// Reads every file below a folder with this extension, in the order of their paths.
    ///
    /// # Panics
    /// If one cannot be read or parsed.
    #[must_use]
    pub fn read_all(folder: &Path, extension: &str) -> Vec<Self> {
        let mut paths = Vec::new();
        collect(folder, extension, &mut paths);
        paths.sort();
        let read = |path: &PathBuf| {
            let text = fs::read_to_string(path).expect("the transcript can be read");
            match Self::parse(&path.display().to_string(), &text) {
                Ok(transcript) => transcript,
                Err(why) => panic!("{why}"),
            }
        };
        paths.iter().map(read).collect()
    }
}

fn collect(folder: &Path, extension: &str, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            collect(&path, extension, paths);
        } else if path.extension().is_some_and(|found| found == extension) {
            paths.push(path);
        }
    }
}

fn step(line: &str) -> Option<(u8, Action)> {
    let (party, rest) = line.split_at_checked(1)?;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = rest.split_at(digits);
    let connection = if number.is_empty() {
        1
    } else {
        number.parse().ok()?
    };
    let (mark, text) = rest.split_at_checked(1)?;
    // One space parts the mark from the text; further ones belong to the text.
    let text = match text.strip_prefix(' ') {
        Some(text) => text,
        None if text.is_empty() => text,
        None => return None,
    };
    let action = match (party, mark) {
        ("C", ":") => Action::Send(text.into()),
        ("C", "|") => Action::Block(text.into()),
        ("C", "!") => Action::Raw(unescaped(text)?),
        ("S", ":") => Action::Expect(text.into()),
        ("S", "~") => Action::Await(text.into()),
        ("S", "!") if text.is_empty() => Action::Closed,
        _ => return None,
    };
    Some((connection, action))
}

fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        bytes.push(match rest.next()? {
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'\\' => b'\\',
            b'x' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            _ => return None,
        });
    }
    Some(bytes)
}

/// Reads any bytes as a transcript.
pub fn fuzz(input: &[u8]) {
    // Only that it comes to an end matters.
    drop(Transcript::parse("fuzz", &String::from_utf8_lossy(input)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_of_a_party_a_connection_and_a_kind() {
        assert_eq!(step("C: a NOOP"), Some((1, Action::Send("a NOOP".into()))));
        assert_eq!(step("C:"), Some((1, Action::Send(String::new()))));
        assert_eq!(step("S12~ x"), Some((12, Action::Await("x".into()))));
        assert_eq!(step("C|   x"), Some((1, Action::Block("  x".into()))));
        assert_eq!(
            step(r"C! \r\n\x00\\"),
            Some((1, Action::Raw(b"\r\n\0\\".to_vec())))
        );
        assert_eq!(step("S!"), Some((1, Action::Closed)));
        for wrong in [
            "", "X: a", "C", "C:x", "C999: x", r"C! \q", r"C! \x0", "S! x", "ä: x",
        ] {
            assert_eq!(step(wrong), None, "{wrong}");
        }
        assert!(Transcript::parse("t", "C: x").is_err(), "no rule");
        fuzz(b"# x\nC! \\x\xff\nS1");
    }
}
