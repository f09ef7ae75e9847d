//! List: the files of one build, as Microsoft publishes them: lines of SHA-256, version and path.

use std::fmt::Write as _;

use data_encoding::HEXUPPER_PERMISSIVE;
use thiserror::Error;

use super::Half;
use super::path::ROOTS;
use crate::builds::Version;

/// Lines of a list; Microsoft's have up to 25,000.
const LINES_MAX: usize = 1_000_000;

/// Octets of a path in a list.
const PATH_OCTETS_MAX: usize = 1_024;

/// The text is no list of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("line {line} of the list of files: {what}")]
pub struct ListError {
    /// Counted from one; nothing for the list as a whole.
    pub line: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// The files of one build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// The build.
    pub build: Version,
    /// Path in lower case, with backslashes, from `\frontend\` or `\clientaccess\` on; and the first half of the SHA-256.
    pub files: Vec<(String, Half)>,
}

impl List {
    /// Reads lines of `SHA-256,15.2.858.5,\ClientAccess\...`, all of the same build.
    ///
    /// # Errors
    /// The first line that is none, or of another build.
    pub fn read(text: &str) -> Result<Self, ListError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut build = None;
        let mut files = Vec::new();
        for (at, line) in text.lines().enumerate() {
            let wrong = |what| ListError { line: at + 1, what };
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if files.len() == LINES_MAX {
                return Err(wrong("more than a million files"));
            }
            let mut fields = line.splitn(3, ',');
            let mut field = || fields.next().ok_or(wrong("less than three fields"));
            let (hash, version, path) = (field()?, field()?, field()?);
            let version = Version::parse(version)
                .filter(|version| version.revision().is_some())
                .ok_or(wrong("no version with four parts"))?;
            if *build.get_or_insert(version) != version {
                return Err(wrong("another build than the lines before"));
            }
            let half = half(hash).ok_or(wrong("no SHA-256 in hex"))?;
            if path.is_empty() || path.len() > PATH_OCTETS_MAX {
                return Err(wrong("no path, or one of more than 1,024 octets"));
            }
            files.push((whole_path(path), half));
        }
        let build = build.ok_or(ListError {
            line: 0,
            what: "it has no line",
        })?;
        Ok(Self { build, files })
    }

    /// A line of a list.
    pub(super) fn write_line(text: &mut String, sha256: &[u8; 32], build: Version, path: &str) {
        let hash = data_encoding::HEXUPPER.encode(sha256);
        let _ = writeln!(text, "{hash},{build},{path}");
    }
}

/// Most of Microsoft's lists have paths from `\\ClientAccess\\` on, some leave out the first backslash, and nine the folder, too.
fn whole_path(path: &str) -> String {
    let path = path.trim_start_matches('\\').to_ascii_lowercase();
    let has_root = ROOTS.iter().any(|root| path.starts_with(&root[1..]));
    if has_root {
        format!("\\{path}")
    } else {
        format!("\\clientaccess\\{path}")
    }
}

fn half(hex: &str) -> Option<Half> {
    let mut octets = [0; 32];
    if hex.len() != 64 {
        return None;
    }
    HEXUPPER_PERMISSIVE
        .decode_mut(hex.as_bytes(), &mut octets)
        .ok()?;
    octets.first_chunk().copied()
}
