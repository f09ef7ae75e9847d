//! Walk: the files of a folder of evidence, in a fixed order, without following a link.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Files of one folder of evidence that are read.
const FILES_MAX: usize = 2_000_000;
/// How deep folders lie in each other.
const DEPTH_MAX: usize = 64;

/// A file that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    /// Its path below the folder, with `/` between, as reports name it.
    pub(crate) label: String,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// Its octets.
    pub(crate) octets: u64,
}

/// Lists the files below a folder, ordered by name, or a file that stands for one; tells `pass` what is passed over.
pub(crate) fn files(root: &Path, pass: &mut dyn FnMut(&str, &str)) -> io::Result<Vec<Found>> {
    let about = fs::metadata(root)?;
    if about.is_file() {
        // All of it in one archive.
        let label = root.file_name().unwrap_or(root.as_os_str());
        return Ok(vec![Found {
            label: label.to_string_lossy().into_owned(),
            path: root.to_owned(),
            octets: about.len(),
        }]);
    }
    let mut found = Vec::new();
    let mut open = vec![(root.to_owned(), String::new(), 0)];
    // The folder itself must be there; what is below it may be broken.
    fs::read_dir(root)?;
    let whole = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
    while let Some((folder, label, depth)) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) => {
                pass(&label, &error.to_string());
                continue;
            }
        };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let below = if label.is_empty() {
                name
            } else {
                format!("{label}/{name}")
            };
            let Ok(kind) = entry.file_type() else {
                pass(&below, "it cannot be looked at");
                continue;
            };
            if kind.is_dir() {
                if depth >= DEPTH_MAX {
                    pass(&below, "folders lie too deep in each other");
                } else {
                    open.push((entry.path(), below, depth + 1));
                }
            } else if kind.is_file() {
                if found.len() >= FILES_MAX {
                    pass(&below, "more files than are read");
                    break;
                }
                let octets = entry.metadata().map_or(0, |metadata| metadata.len());
                found.push(Found {
                    label: below,
                    path: entry.path(),
                    octets,
                });
            } else if kind.is_symlink() && leads_inside(&whole, &entry.path()) {
                // Disk images are full of these; what they lead to is read under its own name.
            } else {
                pass(&below, "a link or a device is not followed");
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Whether a link leads to something that is in the folder anyway.
fn leads_inside(root: &Path, link: &Path) -> bool {
    fs::canonicalize(link).is_ok_and(|target| target.starts_with(root) && target != root)
}
