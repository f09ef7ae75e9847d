//! mbox: many messages in one file, each behind a line that begins with `From ` (RFC 4155).

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use model::Timestamp;

use super::{Batch, FOLDER_LEVELS_MAX, Found, MESSAGE_OCTETS_MAX, below, entries, level};
use crate::problem::Problem;

/// Octets that are read for one line; what is longer is read in pieces.
const LINE_OCTETS_MAX: u64 = 1024 * 1024;
/// What Thunderbird adds to the name of a folder that has folders below it.
const SUBFOLDERS_SUFFIX: &str = ".sbd";

/// Imports a file, or a folder of files with all below it.
pub(super) fn run(from: &Path, top: &[String], batch: &mut Batch<'_, '_>) -> Result<(), Problem> {
    if from.is_dir() {
        folder(from, top, &mut Vec::new(), batch)
    } else {
        file(from, top, batch)
    }
}

fn folder(
    at: &Path,
    top: &[String],
    levels: &mut Vec<String>,
    batch: &mut Batch<'_, '_>,
) -> Result<(), Problem> {
    for inner in entries(at)? {
        let name = inner
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if levels.len() == FOLDER_LEVELS_MAX {
            batch.pass_over(&inner, &"it lies too deep");
        } else if inner.is_dir() {
            levels.push(level(name.strip_suffix(SUBFOLDERS_SUFFIX).unwrap_or(&name)));
            folder(&inner, top, levels, batch)?;
            levels.pop();
        } else if is_mbox(&inner) {
            let name = name.strip_suffix(".mbox").unwrap_or(&name);
            let inbox = levels.is_empty() && name.eq_ignore_ascii_case("INBOX");
            levels.extend((!inbox).then(|| level(name)));
            file(&inner, &below(top, levels.iter().cloned()), batch)?;
            if !inbox {
                levels.pop();
            }
        }
    }
    Ok(())
}

/// Beside the mail lie indexes and filters of the program that wrote it.
fn is_mbox(path: &Path) -> bool {
    let mut begin = [0; 5];
    File::open(path).is_ok_and(|mut file| file.read_exact(&mut begin).is_ok() && begin == *b"From ")
}

fn file(path: &Path, mailbox: &[String], batch: &mut Batch<'_, '_>) -> Result<(), Problem> {
    let opened = File::open(path).map_err(|error| Problem::file("read", path, &error))?;
    let mut reader = Reader::new(BufReader::new(opened));
    let mut number = 0;
    loop {
        number += 1;
        match reader.message() {
            Ok(Some(Piece::Message(found))) => batch.push(mailbox, found)?,
            Ok(Some(Piece::TooLong)) => {
                batch.pass_over(path, &format!("message {number} is larger than 64 MiB"));
            }
            Ok(None) => return Ok(()),
            Err(error) => return Err(Problem::file("read", path, &error)),
        }
    }
}

enum Piece {
    Message(Found),
    TooLong,
}

/// Takes the messages out of a file, one after the other.
struct Reader<R> {
    input: R,
    /// The `From ` line of the message to come.
    from_line: Option<Vec<u8>>,
}

impl<R: BufRead> Reader<R> {
    fn new(input: R) -> Self {
        Self {
            input,
            from_line: None,
        }
    }

    fn message(&mut self) -> io::Result<Option<Piece>> {
        let from_line = match self.from_line.take() {
            Some(line) => line,
            None => match self.first_from_line()? {
                Some(line) => line,
                None => return Ok(None),
            },
        };
        let (mut message, mut too_long) = (Vec::new(), false);
        let (mut after_blank, mut line) = (false, Vec::new());
        loop {
            line.clear();
            if self.line(&mut line)? == 0 {
                break;
            }
            if line.starts_with(b"From ")
                && (after_blank || message.is_empty())
                && is_from_line(&line)
            {
                self.from_line = Some(line);
                break;
            }
            after_blank = matches!(&*line, b"\n" | b"\r\n");
            if message.len() + line.len() > MESSAGE_OCTETS_MAX {
                too_long = true;
                message.clear();
            }
            if !too_long {
                message.extend_from_slice(unquoted(&line));
            }
        }
        if too_long {
            return Ok(Some(Piece::TooLong));
        }
        // The blank line before the next message belongs to the file, not to the message.
        let end = [&b"\r\n\r\n"[..], b"\n\n"]
            .iter()
            .find_map(|end| message.ends_with(end).then_some(end.len() / 2));
        message.truncate(message.len() - end.unwrap_or(0));
        Ok(Some(Piece::Message(without_status(
            &message,
            received_at(&from_line),
        ))))
    }

    fn first_from_line(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if self.line(&mut line)? == 0 {
                return Ok(None);
            }
            if line.starts_with(b"From ") {
                return Ok(Some(line));
            }
        }
    }

    fn line(&mut self, line: &mut Vec<u8>) -> io::Result<usize> {
        self.input
            .by_ref()
            .take(LINE_OCTETS_MAX)
            .read_until(b'\n', line)
    }
}

/// A line in a text may begin with `From ` too, where the writer did not quote it: a real one ends with a date.
fn is_from_line(line: &[u8]) -> bool {
    received_at(line).is_some() || line.split(|octet| *octet == b' ').count() >= 7
}

/// mboxrd: one `>` is taken off where some stand before `From `.
fn unquoted(line: &[u8]) -> &[u8] {
    match line.split_first() {
        Some((b'>', rest)) => {
            let quotes = rest.iter().take_while(|octet| **octet == b'>').count();
            if rest[quotes..].starts_with(b"From ") {
                rest
            } else {
                line
            }
        }
        _ => line,
    }
}

/// RFC 4155: the moment at the end of the `From ` line, as C's `asctime` writes it, in UTC.
fn received_at(line: &[u8]) -> Option<Timestamp> {
    let text = str::from_utf8(line).ok()?;
    let words: Vec<_> = text.split_whitespace().collect();
    let time_at = words
        .iter()
        .position(|word| word.len() == 8 && word.as_bytes()[2] == b':')?;
    let (month, day) = (words.get(time_at.checked_sub(2)?)?, words.get(time_at - 1)?);
    let year = words[time_at + 1..]
        .iter()
        .find(|word| word.len() == 4 && word.bytes().all(|octet| octet.is_ascii_digit()))?;
    let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let month = names.iter().position(|name| name == month)? + 1;
    let day: u8 = day.parse().ok()?;
    admin::moment::parse(&format!("{year}-{month:02}-{day:02}T{}Z", words[time_at]))
}

/// Reads `Status` and `X-Status`, which are the file's and not the message's, and takes them out of the header.
fn without_status(message: &[u8], received_at: Option<Timestamp>) -> Found {
    let mut kept = Vec::with_capacity(message.len());
    let mut keywords = Vec::new();
    let mut rest = message;
    let mut skipping = false;
    while let Some(end) = rest.iter().position(|octet| *octet == b'\n') {
        let (line, after) = rest.split_at(end + 1);
        if matches!(line, b"\n" | b"\r\n") {
            break;
        }
        // RFC 5322 2.2.3: a line that begins with space goes on with the field before it.
        let folded = line.starts_with(b" ") || line.starts_with(b"\t");
        skipping = if folded {
            skipping
        } else {
            status_field(line, &mut keywords)
        };
        if !skipping {
            kept.extend_from_slice(line);
        }
        rest = after;
    }
    kept.extend_from_slice(rest);
    Found {
        message: kept,
        keywords,
        received_at,
    }
}

/// Whether the line is a field that only an mbox has; what it says goes into `keywords`.
fn status_field(line: &[u8], keywords: &mut Vec<String>) -> bool {
    let Some((name, value)) = line
        .iter()
        .position(|octet| *octet == b':')
        .map(|at| line.split_at(at))
    else {
        return false;
    };
    let name = name.to_ascii_lowercase();
    match &*name {
        b"status" | b"x-status" => {
            let named = value.iter().filter_map(|letter| match letter {
                b'R' => Some("$seen"),
                b'A' => Some("$answered"),
                b'F' => Some("$flagged"),
                b'D' => Some("$deleted"),
                b'T' => Some("$draft"),
                _ => None,
            });
            keywords.extend(named.map(str::to_owned));
            true
        }
        b"x-keywords" => {
            let text = String::from_utf8_lossy(&value[1..]).into_owned();
            let named = text
                .split_whitespace()
                .filter_map(|word| model::Keyword::try_from(word).ok());
            keywords.extend(named.map(|keyword| keyword.to_string()));
            true
        }
        b"x-uid" | b"x-imap" | b"x-imapbase" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(String, Vec<String>, Option<Timestamp>)> {
        let mut reader = Reader::new(text.as_bytes());
        let mut found = Vec::new();
        while let Some(Piece::Message(one)) = reader.message().unwrap() {
            found.push((
                String::from_utf8(one.message).unwrap(),
                one.keywords,
                one.received_at,
            ));
        }
        found
    }

    #[test]
    fn messages_are_taken_apart() {
        let text = "From anna@example.org Sat Jan  3 01:05:34 1998\nSubject: one\nStatus: RO\nX-Status: AF\n\n\
            From here on it is text.\n>From quoted\n>>From twice\n\n\
            From ben@example.org Sun Jan  4 01:05:34 1998\nSubject: two\n\nlast\n";
        let found = all(text);
        assert_eq!(found.len(), 2);
        assert_eq!(
            found[0].0,
            "Subject: one\n\nFrom here on it is text.\nFrom quoted\n>From twice\n"
        );
        assert_eq!(found[0].1, ["$seen", "$answered", "$flagged"]);
        assert_eq!(found[0].2, admin::moment::parse("1998-01-03T01:05:34Z"));
        assert_eq!(found[1].0, "Subject: two\n\nlast\n");
        assert!(found[1].1.is_empty());
    }

    #[test]
    fn files_without_messages_and_odd_lines_are_no_panic() {
        assert!(all("").is_empty());
        assert!(all("no mail\n").is_empty());
        assert_eq!(all("From \n").len(), 1);
        assert_eq!(all("From x\n:\nStatus\n").len(), 1);
    }
}
