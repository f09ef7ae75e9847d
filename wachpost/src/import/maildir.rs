//! Maildirs: a message per file, its flags in the file's name, subfolders as in Maildir++ or as folders.

use std::fs;
use std::path::Path;

use super::{Batch, FOLDER_LEVELS_MAX, below, entries, level, mutf7, read_message};
use crate::problem::Problem;

/// Dovecot's names for the flags `a` to `z`.
const KEYWORDS_FILE: &str = "dovecot-keywords";
/// Octets of that file.
const KEYWORDS_FILE_OCTETS_MAX: u64 = 64 * 1024;

/// Imports a Maildir with all below it, or a folder of Maildirs.
pub(super) fn run(from: &Path, top: &[String], batch: &mut Batch<'_, '_>) -> Result<(), Problem> {
    folder(from, top, &mut Vec::new(), batch)
}

fn folder(
    at: &Path,
    top: &[String],
    levels: &mut Vec<String>,
    batch: &mut Batch<'_, '_>,
) -> Result<(), Problem> {
    if at.join("cur").is_dir() {
        mailbox(at, &below(top, levels.iter().cloned()), batch)?;
    }
    for inner in entries(at)?.iter().filter(|path| path.is_dir()) {
        let name = inner.file_name().unwrap_or_default().to_string_lossy();
        if matches!(&*name, "cur" | "new" | "tmp") {
            continue;
        }
        let names = names(&name);
        if names.is_empty() || levels.len() + names.len() > FOLDER_LEVELS_MAX {
            batch.pass_over(inner, &"it lies too deep, or has no name");
            continue;
        }
        let outside = levels.len();
        levels.extend(names);
        folder(inner, top, levels, batch)?;
        levels.truncate(outside);
    }
    Ok(())
}

/// The levels that a folder's name stands for. Maildir++: a dot before each, names in IMAP's modified UTF-7.
fn names(name: &str) -> Vec<String> {
    let plain = |name: &str| level(&mutf7::decode(name).unwrap_or_else(|| name.to_owned()));
    match name.strip_prefix('.') {
        Some(path) => path
            .split('.')
            .filter(|name| !name.is_empty())
            .map(plain)
            .collect(),
        None => vec![plain(name)],
    }
}

fn mailbox(at: &Path, path: &[String], batch: &mut Batch<'_, '_>) -> Result<(), Problem> {
    let own = own_keywords(at);
    for inner in ["cur", "new"] {
        let folder = at.join(inner);
        if !folder.is_dir() {
            continue;
        }
        for file in entries(&folder)? {
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with('.') {
                continue;
            }
            match read_message(&file) {
                Ok(mut found) => {
                    found.keywords = keywords(&name, &own);
                    batch.push(path, found)?;
                }
                Err(why) => batch.pass_over(&file, &why),
            }
        }
    }
    Ok(())
}

/// The keywords that the letters behind `:2,` (on some systems `;2,` or `!2,`) stand for.
fn keywords(name: &str, own: &[(char, String)]) -> Vec<String> {
    let Some(at) = name.rfind("2,") else {
        return Vec::new();
    };
    let before = name[..at].chars().next_back();
    if !matches!(before, Some(':' | ';' | '!')) {
        return Vec::new();
    }
    let flag = |letter: char| match letter {
        'S' => Some("$seen".to_owned()),
        'R' => Some("$answered".to_owned()),
        'F' => Some("$flagged".to_owned()),
        'T' => Some("$deleted".to_owned()),
        'D' => Some("$draft".to_owned()),
        'P' => Some("$forwarded".to_owned()),
        letter => own
            .iter()
            .find(|(known, _)| *known == letter)
            .map(|(_, keyword)| keyword.clone()),
    };
    name[at + 2..].chars().filter_map(flag).collect()
}

/// Lines such as `0 $Label1`, which name the letters from `a` on; those that are no keywords of ours are left out.
fn own_keywords(at: &Path) -> Vec<(char, String)> {
    let path = at.join(KEYWORDS_FILE);
    let is_small = fs::metadata(&path).is_ok_and(|file| file.len() <= KEYWORDS_FILE_OCTETS_MAX);
    if !is_small {
        return Vec::new();
    }
    let text = fs::read_to_string(&path).unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let (number, name) = line.split_once(' ')?;
            let letter = b'a'.checked_add(number.parse().ok()?)?;
            let keyword = model::Keyword::try_from(name.trim()).ok()?;
            letter
                .is_ascii_lowercase()
                .then(|| (char::from(letter), keyword.to_string()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_and_names_are_read() {
        let own = [('a', "$label1".to_owned())];
        assert_eq!(
            keywords("1.M2P3.host,S=4:2,FSa", &own),
            ["$flagged", "$seen", "$label1"]
        );
        assert_eq!(keywords("1.M2P3.host:2,", &own), Vec::<String>::new());
        assert_eq!(keywords("2,S", &own), Vec::<String>::new());
        assert_eq!(names(".Projekte.Gr&APw-n"), ["Projekte", "Grün"]);
        assert_eq!(names("Archive.2019"), ["Archive.2019"]);
    }
}
