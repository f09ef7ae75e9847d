//! One message per file; folders become mailboxes.

use std::path::Path;

use super::{Batch, FOLDER_LEVELS_MAX, below, entries, level, read_message};
use crate::problem::Problem;

/// Imports a file, or a folder with all below it.
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
    let path = below(top, levels.iter().cloned());
    let paths = entries(at)?;
    for file_path in paths.iter().filter(|path| !path.is_dir()) {
        file(file_path, &path, batch)?;
    }
    for inner in paths.iter().filter(|path| path.is_dir()) {
        if levels.len() == FOLDER_LEVELS_MAX {
            batch.pass_over(inner, &"it lies too deep");
            continue;
        }
        let name = inner.file_name().unwrap_or_default().to_string_lossy();
        levels.push(level(&name));
        folder(inner, top, levels, batch)?;
        levels.pop();
    }
    Ok(())
}

fn file(path: &Path, mailbox: &[String], batch: &mut Batch<'_, '_>) -> Result<(), Problem> {
    match read_message(path) {
        Ok(found) => batch.push(mailbox, found),
        Err(why) => {
            batch.pass_over(path, &why);
            Ok(())
        }
    }
}
