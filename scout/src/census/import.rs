//! Reading what others saw: Shadowserver, Shodan, Censys, nmap, zgrab2, and plain lists.
//!
//! Whatever the format, input is cut into pieces of bounded size ([`pieces`]): a record, an object, an element. A piece that is too
//! long or cannot be read is counted and passed over; the rest goes on. Files may be packed with gzip.

mod censys;
mod csv;
mod json;
mod list;
mod nmap;
pub mod pieces;
mod shadowserver;
mod shodan;
mod zgrab;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use serde::Serialize;
use thiserror::Error;

use super::store::StoreError;
use super::{Day, Sighting, Store};

/// Octets of one input, unpacked; a report on the whole Internet has less than a hundredth.
const INPUT_OCTETS_MAX: u64 = 64 << 30;

/// Octets that are looked at to tell the format.
const HEAD_OCTETS: usize = 16 << 10;

/// How often a line tells how far it is, in sightings.
const PROGRESS_EVERY: u64 = 100_000;

/// What others call what they hand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// CSV of the Shadowserver Foundation, with the columns of 2021 or of today.
    Shadowserver,
    /// JSON of Shodan, one object for each banner.
    Shodan,
    /// JSON of Censys, one object for each host.
    Censys,
    /// XML of nmap (`-oX`).
    Nmap,
    /// JSON lines of zgrab2.
    Zgrab2,
    /// Lines of an address and, if known, a version: `192.0.2.7:443 15.1.2507.6`.
    List,
}

impl Format {
    /// Its name in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Shadowserver => "shadowserver",
            Self::Shodan => "shodan",
            Self::Censys => "censys",
            Self::Nmap => "nmap",
            Self::Zgrab2 => "zgrab2",
            Self::List => "list",
        }
    }

    /// The format that begins so; nothing if it is none of them.
    #[must_use]
    pub fn detect(head: &[u8]) -> Option<Self> {
        let head = String::from_utf8_lossy(head);
        let head = head.trim_start_matches('\u{feff}').trim_start();
        let first_line = head.lines().next().unwrap_or_default();
        if head.starts_with('<') {
            return head.contains("<nmaprun").then_some(Self::Nmap);
        }
        if head.starts_with(['{', '[']) {
            // In order: what only one of them has.
            return Some(
                if head.contains("\"ip_str\"") || head.contains("\"_shodan\"") {
                    Self::Shodan
                } else if head.contains("\"services\"") || head.contains("\"autonomous_system\"") {
                    Self::Censys
                } else if head.contains("\"data\"") {
                    Self::Zgrab2
                } else {
                    return None;
                },
            );
        }
        let columns = first_line.replace('"', "").to_ascii_lowercase();
        if columns.contains("timestamp,") && columns.contains(",ip,") || columns.starts_with("ip,")
        {
            return Some(Self::Shadowserver);
        }
        list::looks_like(head).then_some(Self::List)
    }
}

/// What became of an input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Sightings that were stored.
    pub sightings: u64,
    /// Pieces that could not be read, or have no address.
    pub unreadable: u64,
    /// Pieces that were too long.
    pub too_long: u64,
    /// Pieces about something other than mail.
    pub other: u64,
}

/// Why an input was not read.
#[derive(Debug, Error)]
pub enum ImportError {
    /// It cannot be read.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// No format was given, and it begins like none.
    #[error("it begins like none of the known formats; say which it is with `--format`")]
    UnknownFormat,
    /// It unpacks to more than can be.
    #[error("it has more than {} GiB unpacked", INPUT_OCTETS_MAX >> 30)]
    TooLarge,
    /// A date is needed, and neither the rows nor the caller have one.
    #[error("its rows have no date; say when they were seen with `--date`")]
    NoDate,
    /// The first line does not name the columns that are needed.
    #[error("its first line does not name the column `{0}`")]
    NoColumn(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// How to read an input.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The format; told from how it begins, if nothing is said.
    pub format: Option<Format>,
    /// When it was seen, for all of it. Otherwise each row says so.
    pub date: Option<Day>,
}

/// Reads a file into the store. `progress` hears now and then how many sightings there are.
///
/// # Errors
/// It cannot be read, or the store fails; then nothing of it is stored.
pub fn file(
    path: &Path,
    options: Options,
    store: &mut Store,
    progress: &mut dyn FnMut(u64),
) -> Result<Imported, ImportError> {
    let file = BufReader::with_capacity(1 << 18, File::open(path)?);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    read(file, &name, options, store, progress)
}

/// Reads an input into the store.
///
/// # Errors
/// It cannot be read, or the store fails; then nothing of it is stored.
pub fn read(
    mut input: impl BufRead,
    name: &str,
    options: Options,
    store: &mut Store,
    progress: &mut dyn FnMut(u64),
) -> Result<Imported, ImportError> {
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    if input.fill_buf()?.starts_with(&GZIP) {
        let unpacked = BufReader::with_capacity(1 << 18, MultiGzDecoder::new(input));
        return read_plain(unpacked, name, options, store, progress);
    }
    read_plain(input, name, options, store, progress)
}

fn read_plain(
    mut input: impl BufRead,
    name: &str,
    options: Options,
    store: &mut Store,
    progress: &mut dyn FnMut(u64),
) -> Result<Imported, ImportError> {
    let mut head = Vec::with_capacity(HEAD_OCTETS);
    (&mut input)
        .take(HEAD_OCTETS as u64)
        .read_to_end(&mut head)?;
    let format = options
        .format
        .or_else(|| Format::detect(&head))
        .ok_or(ImportError::UnknownFormat)?;
    let mut whole = BufReader::with_capacity(
        1 << 18,
        io::Cursor::new(head).chain(input).take(INPUT_OCTETS_MAX),
    );
    let mut imported = Imported::default();
    let mut import = store.import(format.name(), name)?;
    let mut failure = None;
    let mut sink = |sighting: Sighting<'_>| {
        if failure.is_none() {
            failure = import.add(&sighting).err();
        }
        imported_tick(&mut imported.sightings, progress);
        failure.is_none()
    };
    let counts = each(format, &mut whole, options.date, &mut sink)?;
    if let Some(error) = failure {
        return Err(error.into());
    }
    if whole.get_ref().limit() == 0 {
        return Err(ImportError::TooLarge);
    }
    import.finish()?;
    imported.unreadable = counts.unreadable;
    imported.too_long = counts.too_long;
    imported.other = counts.other;
    Ok(imported)
}

fn imported_tick(sightings: &mut u64, progress: &mut dyn FnMut(u64)) {
    *sightings += 1;
    if sightings.is_multiple_of(PROGRESS_EVERY) {
        progress(*sightings);
    }
}

/// Takes a sighting; says whether to go on.
type Sink<'a> = dyn FnMut(Sighting<'_>) -> bool + 'a;

/// Cuts an input of this format into sightings, one after the other.
///
/// # Errors
/// It cannot be read, or is not of this format at all.
fn each(
    format: Format,
    input: &mut impl BufRead,
    date: Option<Day>,
    sink: &mut Sink<'_>,
) -> Result<pieces::Counts, ImportError> {
    match format {
        Format::Shadowserver => shadowserver::read(input, date, sink),
        Format::Shodan => json::read(input, |object| shodan::sightings(object, date, sink)),
        Format::Censys => json::read(input, |object| censys::sightings(object, date, sink)),
        Format::Zgrab2 => json::read(input, |object| zgrab::sightings(object, date, sink)),
        Format::Nmap => nmap::read(input, date, sink),
        Format::List => list::read(input, date.ok_or(ImportError::NoDate)?, sink),
    }
}

/// What became of one piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece {
    /// It was about mail servers, or had none.
    Read,
    /// It is about something else.
    Other,
    /// It cannot be read.
    Unreadable,
    /// The sink wants no more.
    Stop,
}

/// An address as text, with brackets or a zone where somebody wrote them.
fn address(text: &str) -> Option<std::net::IpAddr> {
    let text = text.trim().trim_start_matches('[').trim_end_matches(']');
    let text = text.split('%').next().unwrap_or(text);
    text.parse().ok()
}

/// Feeds hostile octets to each reader, as its format and as what it seems to be.
pub(super) fn fuzz(input: &[u8]) {
    let day = Some(Day(18_000));
    for format in [
        Format::Shadowserver,
        Format::Shodan,
        Format::Censys,
        Format::Nmap,
        Format::Zgrab2,
        Format::List,
    ] {
        let mut sightings = 0_u32;
        let _ = each(format, &mut &input[..], day, &mut |sighting| {
            assert_eq!(sighting.address, sighting.address.to_canonical());
            sightings += 1;
            sightings < 1_000
        });
    }
    let _ = Format::detect(input);
}
