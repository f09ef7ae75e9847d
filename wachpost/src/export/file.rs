//! The files of an export: a Maildir, an mbox.

use std::fs::{self, File, FileTimes};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use admin::ExportedMessage;
use model::Timestamp;

use crate::problem::Problem;

/// Letters that Maildir has for keywords of one's own.
const OWN_KEYWORDS_MAX: usize = 26;

/// A Maildir that is being written.
#[derive(Debug)]
pub(super) struct MaildirFile {
    folder: PathBuf,
    own: Vec<String>,
}

impl MaildirFile {
    pub(super) fn open(folder: PathBuf) -> Result<Self, Problem> {
        for inner in ["cur", "new", "tmp"] {
            let path = folder.join(inner);
            fs::create_dir_all(&path)
                .map_err(|error| Problem::file("make the folder", &path, &error))?;
        }
        Ok(Self {
            folder,
            own: Vec::new(),
        })
    }

    pub(super) fn write(&mut self, message: &ExportedMessage) -> Result<(), Problem> {
        let mut letters: Vec<char> = message
            .keywords
            .iter()
            .filter_map(|keyword| self.letter(keyword))
            .collect();
        // The order is fixed: capitals by the alphabet, then the others.
        letters.sort_unstable();
        let letters: String = letters.into_iter().collect();
        let seconds = message.received_at.seconds().max(0);
        let name = format!("{seconds}.U{}.wachpost:2,{letters}", message.uid);
        let path = self.folder.join("cur").join(name);
        fs::write(&path, with_lf(&message.message.0))
            .map_err(|error| Problem::file("write", &path, &error))?;
        set_time(&path, message.received_at)
    }

    fn letter(&mut self, keyword: &str) -> Option<char> {
        Some(match keyword {
            "$seen" => 'S',
            "$answered" => 'R',
            "$flagged" => 'F',
            "$deleted" => 'T',
            "$draft" => 'D',
            "$forwarded" => 'P',
            own => {
                let known = self.own.iter().position(|known| known == own);
                let at = known.or_else(|| {
                    (self.own.len() < OWN_KEYWORDS_MAX).then(|| {
                        self.own.push(own.to_owned());
                        self.own.len() - 1
                    })
                })?;
                char::from(b'a' + u8::try_from(at).ok()?)
            }
        })
    }

    /// Names the letters as Dovecot does.
    pub(super) fn finish(self) -> Result<(), Problem> {
        if self.own.is_empty() {
            return Ok(());
        }
        let lines: String = self
            .own
            .iter()
            .enumerate()
            .map(|(at, name)| format!("{at} {name}\n"))
            .collect();
        let path = self.folder.join("dovecot-keywords");
        fs::write(&path, lines).map_err(|error| Problem::file("write", &path, &error))
    }
}

/// An mbox that is being written.
#[derive(Debug)]
pub(super) struct MboxFile {
    path: PathBuf,
    file: BufWriter<File>,
}

impl MboxFile {
    pub(super) fn open(path: PathBuf) -> Result<Self, Problem> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)
                .map_err(|error| Problem::file("make the folder", folder, &error))?;
        }
        let file =
            File::create_new(&path).map_err(|error| Problem::file("write", &path, &error))?;
        Ok(Self {
            path,
            file: BufWriter::new(file),
        })
    }

    pub(super) fn write(&mut self, message: &ExportedMessage) -> Result<(), Problem> {
        self.write_all(message)
            .map_err(|error| Problem::file("write", &self.path, &error))
    }

    fn write_all(&mut self, message: &ExportedMessage) -> std::io::Result<()> {
        let has = |keyword: &str| message.keywords.iter().any(|own| own == keyword);
        writeln!(
            self.file,
            "From MAILER-DAEMON {}",
            asctime(message.received_at)
        )?;
        let letters = |all: &[(&str, char)]| -> String {
            all.iter()
                .filter(|(keyword, _)| has(keyword))
                .map(|(_, letter)| *letter)
                .collect()
        };
        writeln!(self.file, "Status: {}O", letters(&[("$seen", 'R')]))?;
        let marks = [
            ("$answered", 'A'),
            ("$flagged", 'F'),
            ("$draft", 'T'),
            ("$deleted", 'D'),
        ];
        writeln!(self.file, "X-Status: {}", letters(&marks))?;
        for line in with_lf(&message.message.0).split_inclusive(|octet| *octet == b'\n') {
            // mboxrd: one `>` more before each line that could be taken for the beginning of a message.
            let quotes = line.iter().take_while(|octet| **octet == b'>').count();
            if line[quotes..].starts_with(b"From ") {
                self.file.write_all(b">")?;
            }
            self.file.write_all(line)?;
        }
        if !message.message.0.ends_with(b"\n") {
            self.file.write_all(b"\n")?;
        }
        self.file.write_all(b"\n")
    }

    pub(super) fn finish(mut self) -> Result<(), Problem> {
        self.file
            .flush()
            .map_err(|error| Problem::file("write", &self.path, &error))
    }
}

/// Files on Unix end their lines with LF alone.
fn with_lf(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len());
    for (at, octet) in message.iter().enumerate() {
        if *octet != b'\r' || message.get(at + 1) != Some(&b'\n') {
            out.push(*octet);
        }
    }
    out
}

/// A Maildir keeps the time a message was received as the time its file was written.
pub(super) fn set_time(path: &Path, at: Timestamp) -> Result<(), Problem> {
    let since = Duration::from_millis(u64::try_from(at.0).unwrap_or(0));
    let time: SystemTime = UNIX_EPOCH + since;
    File::options()
        .write(true)
        .open(path)
        .and_then(|file| file.set_times(FileTimes::new().set_modified(time)))
        .map_err(|error| Problem::file("set the time of", path, &error))
}

/// RFC 4155: `Sat Jan  3 01:05:34 1998`, in UTC.
fn asctime(at: Timestamp) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let text = admin::moment::to_text(at);
    let number = |range: std::ops::Range<usize>| {
        text.get(range)
            .and_then(|digits| digits.parse::<usize>().ok())
    };
    let day_of_week = usize::try_from(at.seconds().div_euclid(86_400).rem_euclid(7)).unwrap_or(0);
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    format!(
        "{} {} {:2} {} {:04}",
        DAYS[day_of_week],
        MONTHS[month.unwrap_or(1).clamp(1, 12) - 1],
        day.unwrap_or(1),
        text.get(11..19).unwrap_or("00:00:00"),
        year.unwrap_or(1970)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_c_does() {
        let at = admin::moment::parse("1998-01-03T01:05:34Z").unwrap();
        assert_eq!(asctime(at), "Sat Jan  3 01:05:34 1998");
    }
}
