//! Packed lists: what many lists have in common, said once.
//!
//! ```text
//! SCOUTBL1
//! number of builds       each 4 parts of 2 octets
//! number of sets         each one bit for each build: the builds that have a file in common
//! number of hashes       each 16 octets, in the order in which they are first needed
//! number of paths        each: octets shared with the path before, octets that follow, these; in order
//! per path               how many files it has had
//!   per file             0 for the next new hash, else how far back it is; the same for its set
//! ```
//!
//! Numbers are unsigned LEB128. All of it is one zstd frame in the file.

use std::collections::{BTreeMap, HashMap};

use thiserror::Error;

use super::{Half, List};
use crate::builds::Version;

const MAGIC: &[u8; 8] = b"SCOUTBL1";

/// Octets of packed lists when they are unpacked; the ones compiled in have six million.
const UNPACKED_OCTETS_MAX: usize = 64 << 20;

/// Builds that can be in one file.
const BUILDS_MAX: usize = 1_024;

/// The octets are no packed lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("no packed lists of files: {0}")]
pub struct PackedError(&'static str);

/// A file that a path has had, in some builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) half: Half,
    set: u32,
}

/// Lists of many builds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packed {
    builds: Vec<Version>,
    /// One bit for each build, in words of eight.
    sets: Vec<Box<[u8]>>,
    /// All paths, one behind the other.
    text: String,
    /// Where each ends in `text`.
    path_ends: Vec<u32>,
    /// Where the entries of each end.
    entry_ends: Vec<u32>,
    entries: Vec<Entry>,
}

impl Packed {
    /// Puts lists together; of two lists for one build, both count.
    #[must_use]
    pub fn from_lists(lists: &[List]) -> Self {
        let mut builds: Vec<_> = lists.iter().map(|list| list.build).collect();
        builds.sort_unstable();
        builds.dedup();
        builds.truncate(BUILDS_MAX);
        let octets = builds.len().div_ceil(8);
        let mut files: BTreeMap<(&str, Half), Box<[u8]>> = BTreeMap::new();
        for list in lists {
            let Ok(index) = builds.binary_search(&list.build) else {
                continue;
            };
            for (path, half) in &list.files {
                let set = files
                    .entry((path, *half))
                    .or_insert_with(|| vec![0; octets].into());
                set[index / 8] |= 1 << (index % 8);
            }
        }
        let mut packed = Self::empty(builds);
        let mut known = HashMap::new();
        let mut last = None;
        for ((path, half), set) in files {
            if last.replace(path) != Some(path) {
                packed.end_path(path);
            }
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            let set = *known.entry(set).or_insert_with_key(|set| {
                packed.sets.push(set.clone());
                next
            });
            packed.entries.push(Entry { half, set });
            packed.end_entry();
        }
        packed
    }

    const fn empty(builds: Vec<Version>) -> Self {
        Self {
            builds,
            sets: Vec::new(),
            text: String::new(),
            path_ends: Vec::new(),
            entry_ends: Vec::new(),
            entries: Vec::new(),
        }
    }

    fn end_path(&mut self, path: &str) {
        self.text.push_str(path);
        self.path_ends
            .push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        self.entry_ends
            .push(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
    }

    /// The last path has the last entry, too.
    fn end_entry(&mut self) {
        if let Some(end) = self.entry_ends.last_mut() {
            *end = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        }
    }

    /// The file as it lies in the repository.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        zstd::bulk::compress(&self.write(), 22).expect("memory is all that this needs")
    }

    /// Reads such a file.
    ///
    /// # Errors
    /// It is none, or larger than what can be.
    pub fn decode(octets: &[u8]) -> Result<Self, PackedError> {
        let plain = zstd::bulk::decompress(octets, UNPACKED_OCTETS_MAX)
            .map_err(|_| PackedError("not zstd, or larger than 64 MiB"))?;
        Self::read(&plain)
    }

    /// What is packed, without zstd.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        put(&mut out, self.builds.len());
        for build in &self.builds {
            for part in build.three().into_iter().chain(build.revision()) {
                out.extend(part.to_le_bytes());
            }
        }
        put(&mut out, self.sets.len());
        self.sets.iter().for_each(|set| out.extend(&set[..]));
        let mut order = HashMap::new();
        let mut hashes = Vec::new();
        for entry in &self.entries {
            let next = order.len();
            order.entry(entry.half).or_insert_with(|| {
                hashes.extend(entry.half);
                next
            });
        }
        put(&mut out, order.len());
        out.extend(hashes);
        put(&mut out, self.path_ends.len());
        let mut before = "";
        for path in self.paths() {
            let shared = before
                .bytes()
                .zip(path.bytes())
                .take_while(|(a, b)| a == b)
                .count();
            let rest = &path.as_bytes()[shared..];
            put(&mut out, shared);
            put(&mut out, rest.len());
            out.extend(rest);
            before = path;
        }
        let (mut hashes, mut sets) = (0, 0);
        for at in 0..self.path_ends.len() {
            let entries = self.entries_at(at);
            put(&mut out, entries.len());
            for entry in entries {
                put_back(&mut out, &mut hashes, order[&entry.half]);
                put_back(&mut out, &mut sets, entry.set as usize);
            }
        }
        out
    }

    /// Reads what [`Packed::write`] writes.
    ///
    /// # Errors
    /// It is something else.
    pub fn read(octets: &[u8]) -> Result<Self, PackedError> {
        let rest = octets.strip_prefix(MAGIC);
        let mut input = Input(rest.ok_or(PackedError("it begins with something else"))?);
        let builds = input.count(8, "builds")?;
        if builds > BUILDS_MAX {
            return Err(PackedError("too many builds"));
        }
        let mut packed = Self::empty(Vec::with_capacity(builds));
        for _ in 0..builds {
            let mut parts = [0; 4];
            for part in &mut parts {
                *part = u16::from_le_bytes(input.array()?);
            }
            let [major, minor, build, revision] = parts;
            packed
                .builds
                .push(Version::new([major, minor, build], Some(revision)));
        }
        let octets = builds.div_ceil(8);
        for _ in 0..input.count(octets, "sets")? {
            packed.sets.push(input.take(octets)?.into());
        }
        let mut hashes: Vec<Half> = Vec::new();
        for _ in 0..input.count(16, "hashes")? {
            hashes.push(input.array()?);
        }
        let mut path = Vec::new();
        for _ in 0..input.count(2, "paths")? {
            let shared = input.number()?;
            if shared > path.len() {
                return Err(PackedError("a path shares more than there is"));
            }
            let rest = input.number()?;
            let before = path.clone();
            path.truncate(shared);
            path.extend(input.take(rest)?);
            let text = str::from_utf8(&path).map_err(|_| PackedError("a path is no text"))?;
            if !packed.path_ends.is_empty() && path <= before {
                return Err(PackedError("paths are not in order"));
            }
            if packed.text.len() + text.len() > UNPACKED_OCTETS_MAX {
                return Err(PackedError("its paths are longer than 64 MiB"));
            }
            packed.end_path(text);
        }
        packed.read_entries(&mut input, &hashes)?;
        if input.0.is_empty() {
            Ok(packed)
        } else {
            Err(PackedError("something follows"))
        }
    }

    fn read_entries(&mut self, input: &mut Input<'_>, hashes: &[Half]) -> Result<(), PackedError> {
        let (mut next_hash, mut next_set) = (0, 0);
        for at in 0..self.path_ends.len() {
            for _ in 0..input.count(2, "files")? {
                let hash = input.back(&mut next_hash)?;
                let set = input.back(&mut next_set)?;
                if set >= self.sets.len() {
                    return Err(PackedError("a set that is not there"));
                }
                self.entries.push(Entry {
                    half: *hashes
                        .get(hash)
                        .ok_or(PackedError("a hash that is not there"))?,
                    set: u32::try_from(set).unwrap_or(u32::MAX),
                });
            }
            self.entry_ends[at] = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        }
        Ok(())
    }

    /// The builds that it has lists for, in order.
    #[must_use]
    pub fn builds(&self) -> &[Version] {
        &self.builds
    }

    /// All paths, in order.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        (0..self.path_ends.len()).map(|at| self.path(at))
    }

    pub(super) fn path(&self, at: usize) -> &str {
        span(&self.path_ends, at)
            .and_then(|span| self.text.get(span))
            .unwrap_or_default()
    }

    pub(super) fn entries_at(&self, at: usize) -> &[Entry] {
        span(&self.entry_ends, at)
            .and_then(|span| self.entries.get(span))
            .unwrap_or_default()
    }

    /// What a path has had, in all builds.
    pub(super) fn entries(&self, path: &str) -> &[Entry] {
        let (mut from, mut to) = (0, self.path_ends.len());
        while from < to {
            let middle = usize::midpoint(from, to);
            match self.path(middle).cmp(path) {
                std::cmp::Ordering::Less => from = middle + 1,
                std::cmp::Ordering::Greater => to = middle,
                std::cmp::Ordering::Equal => return self.entries_at(middle),
            }
        }
        &[]
    }

    pub(super) fn build_index(&self, build: Version) -> Option<usize> {
        self.builds.binary_search(&build).ok()
    }

    pub(super) fn has(&self, entry: &Entry, build: usize) -> bool {
        let set = self.sets.get(entry.set as usize);
        let octet = set.and_then(|set| set.get(build / 8));
        octet.is_some_and(|octet| octet >> (build % 8) & 1 == 1)
    }

    /// For each build, whether its list has anything below this folder.
    pub(super) fn builds_below(&self, root: &str) -> Vec<bool> {
        let mut found = vec![false; self.builds.len()];
        for (at, path) in self.paths().enumerate() {
            if path.starts_with(root) {
                for entry in self.entries_at(at) {
                    for (build, found) in found.iter_mut().enumerate() {
                        *found |= self.has(entry, build);
                    }
                }
            }
            if found.iter().all(|found| *found) {
                break;
            }
        }
        found
    }

    pub(super) fn builds_of(&self, entry: &Entry) -> Vec<Version> {
        let builds = self.builds.iter().enumerate();
        builds
            .filter(|(at, _)| self.has(entry, *at))
            .map(|(_, build)| *build)
            .collect()
    }
}

/// From the end before to this one.
fn span(ends: &[u32], at: usize) -> Option<std::ops::Range<usize>> {
    let end = *ends.get(at)? as usize;
    let start = match at.checked_sub(1) {
        None => 0,
        Some(before) => *ends.get(before)? as usize,
    };
    Some(start..end)
}

fn put(out: &mut Vec<u8>, mut number: usize) {
    loop {
        let [low, ..] = number.to_le_bytes();
        number >>= 7;
        if number == 0 {
            return out.push(low);
        }
        out.push(low | 0x80);
    }
}

/// 0 for the next that was not there before, else how far back.
fn put_back(out: &mut Vec<u8>, next: &mut usize, index: usize) {
    if index == *next {
        *next += 1;
        put(out, 0);
    } else {
        put(out, *next - index);
    }
}

/// What is left to read.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, octets: usize) -> Result<&'a [u8], PackedError> {
        let (taken, rest) = self
            .0
            .split_at_checked(octets)
            .ok_or(PackedError("it is cut off"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PackedError> {
        let octets = self.take(N)?;
        octets.try_into().map_err(|_| PackedError("it is cut off"))
    }

    fn number(&mut self) -> Result<usize, PackedError> {
        let mut number = 0;
        for shift in (0..35).step_by(7) {
            let [octet] = self.array()?;
            number |= usize::from(octet & 0x7f) << shift;
            if octet < 0x80 {
                return Ok(number);
            }
        }
        Err(PackedError("a number is too long"))
    }

    /// How many follow, each of at least so many octets: no more than there can be.
    fn count(&mut self, octets: usize, _what: &'static str) -> Result<usize, PackedError> {
        let count = self.number()?;
        if count > self.0.len() / octets.max(1) {
            return Err(PackedError("it says that there is more than there is"));
        }
        Ok(count)
    }

    fn back(&mut self, next: &mut usize) -> Result<usize, PackedError> {
        match self.number()? {
            0 => {
                *next += 1;
                Ok(*next - 1)
            }
            far => next
                .checked_sub(far)
                .ok_or(PackedError("it refers to what was not there")),
        }
    }
}
