//! Calendars and contacts from files: taken apart into single objects, each judged for itself, brought in in portions.
//!
//! A file that is one calendar object, and every contact card, goes in byte for byte. A file of many events is taken apart by
//! their UIDs. A card of version 2.1 is made one of 3.0.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use admin::{IMPORT_OBJECTS_MAX, ImportedObject, ObjectOutcome, Octets, Progress};
use icalendar::CalendarObject;
use serde::Serialize;
use vcard::Fault;

use super::{FOLDER_LEVELS_MAX, entries};
use crate::layout::Format;
use crate::problem::Problem;
use crate::progress::ProgressLine;

/// Octets of one file: as much as is taken apart at once.
const FILE_OCTETS_MAX: u64 = 512 * 1024 * 1024;
/// Objects of a portion: one commit of it is quickly durable, and progress is seen.
const PORTION_OBJECTS: usize = 500;
/// Octets of a portion, and then to the end of the last object; a frame of the admin socket holds it.
const PORTION_OCTETS: usize = 4 * 1024 * 1024;
/// Octets of a UID that becomes part of a name.
const UID_NAMED_OCTETS_MAX: usize = 120;
/// Octets of a UID that is shown.
const UID_SHOWN_OCTETS_MAX: usize = 200;

const _: () = assert!(PORTION_OBJECTS <= IMPORT_OBJECTS_MAX);

/// What is to be imported.
#[derive(Debug)]
pub(crate) struct ObjectPlan<'a> {
    pub(crate) format: Format,
    /// A file, or a folder with files whose names end as the format's do.
    pub(crate) from: &'a Path,
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ObjectCounts {
    pub(crate) added: u64,
    pub(crate) replaced: u64,
    /// Objects with the same UID were there, and stayed.
    pub(crate) kept: u64,
    pub(crate) refused: Vec<RefusedObject>,
}

/// Something that was not taken.
#[derive(Debug, Serialize)]
pub(crate) struct RefusedObject {
    pub(crate) file: String,
    /// Which of the file: its place, and its UID if it has one; none for the whole file.
    pub(crate) object: Option<String>,
    pub(crate) why: String,
}

/// Takes a portion of objects and says what became of each.
pub(crate) type AddObjects<'a> =
    dyn FnMut(Vec<ImportedObject>) -> Result<Vec<ObjectOutcome>, Problem> + 'a;

/// Imports everything there is.
pub(crate) fn run(
    plan: &ObjectPlan<'_>,
    add: &mut AddObjects<'_>,
) -> Result<ObjectCounts, Problem> {
    let metadata =
        fs::metadata(plan.from).map_err(|error| Problem::file("read", plan.from, &error))?;
    let mut files = Vec::new();
    if metadata.is_dir() {
        find_files(plan.from, plan.format, 0, &mut files)?;
        if files.is_empty() {
            return Err(Problem::failed(format!(
                "there is no file in `{}` whose name ends with `.{}`: name the file itself, or another folder",
                plan.from.display(),
                plan.format.extension()
            )));
        }
    } else {
        files.push(plan.from.to_owned());
    }
    let mut portion = Portion::new(add);
    for file in files {
        match read(&file) {
            Ok(octets) => {
                portion.file = file;
                match plan.format {
                    Format::Ics => calendar(&octets, &mut portion)?,
                    Format::Vcf => cards(&octets, &mut portion)?,
                }
            }
            Err(why) => {
                portion.file = file;
                portion.refuse(None, &why);
            }
        }
    }
    portion.finish()
}

fn find_files(
    folder: &Path,
    format: Format,
    level: usize,
    files: &mut Vec<PathBuf>,
) -> Result<(), Problem> {
    for path in entries(folder)? {
        let ends_right = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case(format.extension()));
        if path.is_dir() && level < FOLDER_LEVELS_MAX {
            find_files(&path, format, level + 1, files)?;
        } else if path.is_file() && ends_right {
            files.push(path);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let metadata = fs::metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_file() {
        return Err("it is no file".to_owned());
    }
    if metadata.len() > FILE_OCTETS_MAX {
        return Err("it is larger than 512 MiB: take it apart first".to_owned());
    }
    fs::read(path).map_err(|error| error.to_string())
}

fn calendar(file: &[u8], portion: &mut Portion<'_, '_>) -> Result<(), Problem> {
    // RFC 4791 4.1: what is one calendar object already stays as it is.
    if let Ok(object) = CalendarObject::read(file) {
        return portion.push(
            None,
            object_name(object.uid(), Format::Ics, file),
            file.to_vec(),
        );
    }
    let pieces = match icalendar::split(file) {
        Ok(pieces) => pieces,
        Err(fault) => {
            portion.refuse(None, &fault);
            return Ok(());
        }
    };
    if pieces.is_empty() {
        portion.refuse(None, &"there is no event, task or journal entry in it");
    }
    for (number, piece) in (1..).zip(pieces) {
        let label = label(number, uid_line(&piece));
        match CalendarObject::read(&piece) {
            Ok(object) => {
                let name = object_name(object.uid(), Format::Ics, &piece);
                portion.push(Some(label), name, piece)?;
            }
            Err(fault) => portion.refuse(Some(label), &fault),
        }
    }
    Ok(())
}

fn cards(file: &[u8], portion: &mut Portion<'_, '_>) -> Result<(), Problem> {
    let mut found_any = false;
    for (number, found) in (1..).zip(vcard::read_all(file)) {
        found_any = true;
        let octets = file.get(found.range).unwrap_or_default();
        let label = label(number, uid_line(octets));
        let body = match found.card {
            Ok(_) => Ok(octets.to_vec()),
            Err(Fault::UnsupportedVersion(_)) => vcard::upgrade(octets).map(String::into_bytes),
            Err(fault) => Err(fault),
        };
        let body = match body {
            Ok(body) => body,
            Err(fault) => {
                portion.refuse(Some(label), &fault);
                continue;
            }
        };
        let uid = vcard::ContactCard::read(&body)
            .ok()
            .and_then(|card| card.uid().map(Cow::into_owned))
            .unwrap_or_default();
        let name = object_name(&uid, Format::Vcf, &body);
        portion.push(Some(label), name, body)?;
    }
    if !found_any {
        portion.refuse(None, &"there is no contact card in it");
    }
    Ok(())
}

/// The name under which an object is kept: from its UID, so that the same gets the same at every import.
fn object_name(uid: &str, format: Format, body: &[u8]) -> String {
    let plain = |octet: u8| {
        octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'@' | b'.' | b'+' | b'=')
    };
    let extension = format.extension();
    let is_plain = !uid.is_empty()
        && uid.len() <= UID_NAMED_OCTETS_MAX
        && !uid.starts_with('.')
        && uid.bytes().all(plain);
    if is_plain {
        return format!("{uid}.{extension}");
    }
    let from = if uid.is_empty() { body } else { uid.as_bytes() };
    let hash = blake3::hash(from).to_hex();
    format!("{}.{extension}", &hash[..32])
}

/// What a piece of a file is called in messages.
fn label(number: usize, uid: Option<String>) -> String {
    match uid {
        Some(uid) => format!("object {number}, UID {uid}"),
        None => format!("object {number}"),
    }
}

/// The first line of a UID, for people; what stands in it is judged elsewhere.
fn uid_line(text: &[u8]) -> Option<String> {
    let line = text.split(|octet| *octet == b'\n').find(|line| {
        line.get(..4)
            .is_some_and(|name| name.eq_ignore_ascii_case(b"UID:"))
    })?;
    let value = line.get(4..).unwrap_or_default().trim_ascii();
    let shown = value.get(..UID_SHOWN_OCTETS_MAX).unwrap_or(value);
    (!shown.is_empty()).then(|| String::from_utf8_lossy(shown).into_owned())
}

/// Objects on their way in.
struct Portion<'a, 'b> {
    add: &'a mut AddObjects<'b>,
    file: PathBuf,
    objects: Vec<ImportedObject>,
    /// File and label of each of them.
    origins: Vec<(PathBuf, Option<String>)>,
    octets: usize,
    done: u64,
    counts: ObjectCounts,
    line: ProgressLine,
}

impl<'a, 'b> Portion<'a, 'b> {
    fn new(add: &'a mut AddObjects<'b>) -> Self {
        Self {
            add,
            file: PathBuf::new(),
            objects: Vec::new(),
            origins: Vec::new(),
            octets: 0,
            done: 0,
            counts: ObjectCounts::default(),
            line: ProgressLine::new(),
        }
    }

    fn push(&mut self, label: Option<String>, name: String, body: Vec<u8>) -> Result<(), Problem> {
        self.octets += body.len();
        let body = Octets(body);
        self.objects.push(ImportedObject { name, body });
        self.origins.push((self.file.clone(), label));
        if self.objects.len() == PORTION_OBJECTS || self.octets >= PORTION_OCTETS {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Problem> {
        let objects = std::mem::take(&mut self.objects);
        let origins = std::mem::take(&mut self.origins);
        self.octets = 0;
        if objects.is_empty() {
            return Ok(());
        }
        self.done += objects.len() as u64;
        let outcomes = (self.add)(objects)?;
        for (outcome, (file, label)) in outcomes.into_iter().zip(origins) {
            match outcome {
                ObjectOutcome::Added => self.counts.added += 1,
                ObjectOutcome::Replaced => self.counts.replaced += 1,
                ObjectOutcome::Kept => self.counts.kept += 1,
                ObjectOutcome::Refused(why) => self.refuse_in(&file, label, &why),
            }
        }
        self.line.show(&Progress {
            what: "objects imported".to_owned(),
            done: self.done,
            total: 0,
        });
        Ok(())
    }

    /// Names what cannot be imported of the file that is read.
    fn refuse(&mut self, label: Option<String>, why: &dyn std::fmt::Display) {
        let file = std::mem::take(&mut self.file);
        self.refuse_in(&file, label, why);
        self.file = file;
    }

    fn refuse_in(&mut self, file: &Path, label: Option<String>, why: &dyn std::fmt::Display) {
        let (file, why) = (file.display().to_string(), why.to_string());
        let _ = match &label {
            Some(label) => writeln!(io::stderr(), "refused {label} of `{file}`: {why}"),
            None => writeln!(io::stderr(), "refused `{file}`: {why}"),
        };
        self.counts.refused.push(RefusedObject {
            file,
            object: label,
            why,
        });
    }

    fn finish(mut self) -> Result<ObjectCounts, Problem> {
        self.flush()?;
        Ok(self.counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_uid() {
        let name = |uid| object_name(uid, Format::Ics, b"body");
        assert_eq!(name("a-1@example.org"), "a-1@example.org.ics");
        assert_eq!(name("a/b").len(), 36);
        assert_ne!(name("a/b"), name("a b"));
        assert_eq!(name(""), object_name("", Format::Ics, b"body"));
        assert!(!name("..").starts_with('.'));
        assert_eq!(name(&"x".repeat(500)).len(), 36);
    }

    #[test]
    fn pieces_are_called_by_their_uid() {
        let text = b"BEGIN:VEVENT\r\nuid: a-1 \r\nEND:VEVENT\r\n";
        assert_eq!(label(3, uid_line(text)), "object 3, UID a-1");
        assert_eq!(label(3, uid_line(b"FN:x\r\n")), "object 3");
    }
}
