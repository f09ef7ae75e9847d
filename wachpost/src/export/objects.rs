//! Calendars and contacts in files: one for each calendar or address book, or one for each object.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use admin::{CollectionLine, ExportedObject, ExportedObjects, Progress};

use super::{safe, take_folder};
use crate::layout::Format;
use crate::problem::Problem;
use crate::progress::ProgressLine;

/// Names that are tried for a file whose own is taken.
const NAMES_TRIED_MAX: usize = 1_000;

/// How objects become files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Files {
    /// One for each calendar or address book.
    Together,
    /// One for each object, byte for byte as it is kept.
    Separate,
}

/// Gives the objects of the collection with this number after this name.
pub(crate) type FetchObjects<'a> =
    dyn FnMut(u32, Option<String>) -> Result<ExportedObjects, Problem> + 'a;

/// Writes all objects below `to`; says how many.
pub(crate) fn run(
    format: Format,
    files: Files,
    to: &Path,
    collections: &[CollectionLine],
    fetch: &mut FetchObjects<'_>,
) -> Result<u64, Problem> {
    take_folder(to)?;
    let total = collections
        .iter()
        .map(|collection| u64::from(collection.objects))
        .sum();
    let mut line = ProgressLine::new();
    let mut exported = 0;
    for collection in collections {
        let folder = to.join(safe(&collection.name));
        if files == Files::Separate {
            fs::create_dir_all(&folder)
                .map_err(|error| Problem::file("make the folder", &folder, &error))?;
        }
        let mut together: Vec<Vec<u8>> = Vec::new();
        let mut after = None;
        loop {
            let ExportedObjects { objects, next } = fetch(collection.id, after.take())?;
            exported += objects.len() as u64;
            for ExportedObject { name, body } in objects {
                match files {
                    Files::Together => together.push(body.0),
                    Files::Separate => write_new(&folder, &name, format, &[&body.0])?,
                }
            }
            line.show(&Progress {
                what: "objects exported".to_owned(),
                done: exported,
                total,
            });
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        if files == Files::Together {
            write_together(to, collection, format, &together)?;
        }
    }
    Ok(exported)
}

fn write_together(
    to: &Path,
    collection: &CollectionLine,
    format: Format,
    objects: &[Vec<u8>],
) -> Result<(), Problem> {
    let objects = objects.iter().map(Vec::as_slice);
    match format {
        Format::Ics => {
            let joined = icalendar::join(objects);
            write_new(to, &collection.name, format, &[&joined])
        }
        Format::Vcf => {
            // RFC 6350 3.2: a card ends with a line end, behind which the next one may begin.
            let pieces = objects.flat_map(|card| {
                let end: &[u8] = if card.ends_with(b"\n") { b"" } else { b"\r\n" };
                [card, end]
            });
            write_new(to, &collection.name, format, &pieces.collect::<Vec<_>>())
        }
    }
}

/// Writes a file under that name, or one much like it if two names become one.
fn write_new(folder: &Path, name: &str, format: Format, pieces: &[&[u8]]) -> Result<(), Problem> {
    let end = format!(".{}", format.extension());
    let stem = safe(name.strip_suffix(&end).unwrap_or(name));
    for number in 1..=NAMES_TRIED_MAX {
        let path = match number {
            1 => folder.join(format!("{stem}{end}")),
            number => folder.join(format!("{stem}-{number}{end}")),
        };
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => {
                let mut file = io::BufWriter::new(file);
                return pieces
                    .iter()
                    .try_for_each(|piece| file.write_all(piece))
                    .and_then(|()| file.flush())
                    .map_err(|error| Problem::file("write", &path, &error));
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Problem::file("write", &path, &error)),
        }
    }
    let taken = "every name like it is taken";
    Err(Problem::file("write", &folder.join(stem), &taken))
}
