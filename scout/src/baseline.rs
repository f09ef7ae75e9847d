//! Baselines: which files Microsoft ships in the web folders of Exchange, build by build, and what a file found there is.
//!
//! Microsoft published lists of 131 builds, from 2013 to March 2021; they are compiled in as one compact file ([`Packed`]). For
//! later builds `scout baseline create` makes a list from a clean installation.
//!
//! A file is recognised by its path and the first 16 octets of its SHA-256. Nobody can make a second file with the same 128 bits
//! (finding one for any of the 130,000 known hashes takes 2^111 attempts), and shorter would save less than a megabyte each time.
//! File names are compared without regard to case, as Windows does.

mod create;
mod list;
mod look_alike;
mod packed;
mod path;
pub mod rules;

use std::sync::{Arc, LazyLock, OnceLock};

use serde::Serialize;

use crate::builds::{Build, Version};
use look_alike::Names;

pub use create::{CreateError, Created, create};
pub use list::{List, ListError};
pub use packed::{Packed, PackedError};
pub use path::{CompiledPage, compiled_page, is_page, rewritten_by_setup, virtual_path};

static EMBEDDED: LazyLock<Arc<Part>> = LazyLock::new(|| {
    let packed = Packed::decode(include_bytes!("../data/baselines.zst"))
        .expect("a test reads the lists that are compiled in");
    Arc::new(Part::new(packed))
});

/// Builds that are named when a file is of another one.
const BUILDS_NAMED_MAX: usize = 8;

/// The first half of a SHA-256.
pub type Half = [u8; 16];

/// The lists that files are compared with.
#[derive(Clone, Debug)]
pub struct Baselines {
    parts: Vec<Arc<Part>>,
}

/// Lists that came in one file.
#[derive(Debug)]
struct Part {
    packed: Packed,
    /// For each folder of [`path::ROOTS`] and each build, whether the list has it: some of Microsoft's lack `FrontEnd`.
    roots: [Vec<bool>; 2],
    /// Made when the first file is unknown.
    names: OnceLock<Names>,
}

impl Part {
    fn new(packed: Packed) -> Self {
        Self {
            roots: path::ROOTS.map(|root| packed.builds_below(root)),
            packed,
            names: OnceLock::new(),
        }
    }

    /// Whether the list of this build has the folder in which the path is.
    fn covers(&self, build: Version, path: &str) -> bool {
        let root = path::ROOTS.iter().position(|root| path.starts_with(root));
        let (Some(root), Some(index)) = (root, self.packed.build_index(build)) else {
            return false;
        };
        self.roots[root].get(index) == Some(&true)
    }

    fn names(&self) -> &Names {
        self.names.get_or_init(|| Names::of(&self.packed))
    }
}

/// What a file in a web folder is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Judgement {
    /// Microsoft's, of the build that was asked for, or of any where none was. Without a hash: the path is known.
    Known,
    /// Microsoft's, at this path, but of other builds. An update leaves folders of earlier builds behind, so this alone is no fault.
    OtherBuild {
        /// Some of them.
        builds: Vec<String>,
    },
    /// Microsoft's, but it belongs elsewhere.
    Elsewhere {
        /// Where.
        path: String,
    },
    /// The path is known, the content is not. Setup itself writes into some: see [`rewritten_by_setup`].
    Altered,
    /// The name resembles a genuine one, or is a genuine one in a folder where it does not belong.
    LookAlike {
        /// The path of the genuine one.
        of: String,
    },
    /// No list has this path, its name or its content.
    Unknown,
    /// The path is known, but there is no list for this build, and the content is in none of the others: nothing can be said.
    NoBaseline,
}

impl Baselines {
    /// Microsoft's lists, 2013 to March 2021. Read when first asked for.
    #[must_use]
    pub fn embedded() -> Self {
        Self {
            parts: vec![Arc::clone(&EMBEDDED)],
        }
    }

    /// Adds lists of further builds.
    pub fn add(&mut self, lists: &[List]) {
        self.parts
            .push(Arc::new(Part::new(Packed::from_lists(lists))));
    }

    /// The builds that there are lists for, in order.
    #[must_use]
    pub fn builds(&self) -> Vec<Version> {
        let mut builds: Vec<_> = self
            .parts
            .iter()
            .flat_map(|part| part.packed.builds().iter().copied())
            .collect();
        builds.sort_unstable();
        builds.dedup();
        builds
    }

    /// Whether there is a list for this build.
    #[must_use]
    pub fn covers(&self, build: Build) -> bool {
        self.parts
            .iter()
            .any(|part| part.packed.build_index(build.into()).is_some())
    }

    fn cover(&self, build: Version, paths: &[String]) -> bool {
        let covers = |path: &String| self.parts.iter().any(|part| part.covers(build, path));
        paths.iter().any(covers)
    }

    /// What the file at this path is; the path as a list of files has it, with or without a drive, `\` or `/`, any case.
    #[must_use]
    pub fn judge(&self, path: &str, sha256: Option<&[u8; 32]>, build: Option<Build>) -> Judgement {
        let half = sha256.and_then(|hash| hash.first_chunk::<16>().copied());
        let paths = path::known_forms(path);
        let (mut is_known_path, mut others) = (false, Vec::new());
        for part in &self.parts {
            let index = build.map(|build| part.packed.build_index(build.into()));
            for path in &paths {
                let entries = part.packed.entries(path);
                is_known_path |= !entries.is_empty();
                for entry in entries {
                    if half.is_some_and(|half| half != entry.half) {
                        continue;
                    }
                    match index {
                        None => return Judgement::Known,
                        Some(Some(index)) if part.packed.has(entry, index) => {
                            return Judgement::Known;
                        }
                        Some(_) => others.extend(part.packed.builds_of(entry)),
                    }
                }
            }
        }
        if !others.is_empty() {
            return other_builds(others);
        }
        if is_known_path {
            return match build {
                Some(build) if !self.cover(build.into(), &paths) => Judgement::NoBaseline,
                _ => Judgement::Altered,
            };
        }
        self.judge_stranger(path, half)
    }

    /// A file at a path that no list has.
    fn judge_stranger(&self, path: &str, half: Option<Half>) -> Judgement {
        for part in &self.parts {
            let found = half.and_then(|half| part.names().path_of(&part.packed, half));
            if let Some(path) = found {
                return Judgement::Elsewhere {
                    path: path.to_owned(),
                };
            }
        }
        let name = path::file_name(path).to_ascii_lowercase();
        for part in &self.parts {
            if let Some(of) = part.names().resembles(&part.packed, &name) {
                return Judgement::LookAlike { of: of.to_owned() };
            }
        }
        Judgement::Unknown
    }

    /// Whether any build has a page with this file name, wherever it stands.
    #[must_use]
    pub fn knows_page(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        self.parts.iter().any(|part| part.names().has(&name))
    }
}

fn other_builds(mut builds: Vec<Version>) -> Judgement {
    builds.sort_unstable();
    builds.dedup();
    // The latest tell more than the oldest.
    let skipped = builds.len().saturating_sub(BUILDS_NAMED_MAX);
    let builds = builds.iter().skip(skipped).map(Version::to_string);
    Judgement::OtherBuild {
        builds: builds.collect(),
    }
}

/// Feeds hostile octets to what reads lists and packed lists.
pub fn fuzz(input: &[u8]) {
    let _ = Packed::decode(input);
    let _ = Packed::read(input);
    let _ = virtual_path(input);
    let text = String::from_utf8_lossy(input);
    let _ = compiled_page(&text);
    let _ = is_page(&text);
    if let Ok(list) = List::read(&text) {
        let packed = Packed::from_lists(&[list]);
        let again = Packed::read(&packed.write()).expect("what is written can be read");
        assert_eq!(packed, again);
    }
    let _ = path::known_forms(&text);
}

#[cfg(test)]
mod tests;
