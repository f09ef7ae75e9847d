//! Source files that no `mod` line reaches: cargo leaves them out without a word, and they rot.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::rust_text::{without_comments_and_literals, words};
use crate::tree::{Package, Tree};

/// One line for each source file of the package that is in no target.
pub(crate) fn check(tree: &Tree, package: &Package) -> Result<Vec<String>> {
    let mut alive = BTreeSet::new();
    for target in &package.targets {
        visit(&target.src_path, true, &mut alive);
    }
    let files = tree.files(package.folder(), &[".rs"])?;
    Ok(files
        .iter()
        .filter(|path| !alive.contains(*path))
        .map(|path| {
            format!(
                "{}: no module declares this file; declare it or delete it",
                tree.short(path).display()
            )
        })
        .collect())
}

/// Adds the file and those that its `mod` lines name. `owns_folder` holds for the root of a target, whose modules lie
/// beside it and not in a folder of its name.
fn visit(path: &Path, owns_folder: bool, alive: &mut BTreeSet<PathBuf>) {
    let Ok(text) = fs::read_to_string(path) else {
        return;
    };
    if !alive.insert(path.to_owned()) {
        return;
    }
    let beside = path.parent().unwrap_or(Path::new(""));
    let folder = if owns_folder {
        beside.to_owned()
    } else {
        path.with_extension("")
    };
    for module in declared(&text) {
        let candidate = match &module {
            Declared::Named(name) => folder.join(format!("{name}.rs")),
            Declared::At(file) => beside.join(file),
        };
        visit(&candidate, false, alive);
    }
}

#[derive(Debug, Eq, PartialEq)]
enum Declared {
    /// `mod name;`
    Named(String),
    /// `#[path = "file"] mod name;`
    At(String),
}

/// The modules that the text declares in files of their own.
fn declared(text: &str) -> Vec<Declared> {
    let code = without_comments_and_literals(text);
    let all: Vec<(usize, &str)> = words(&code).collect();
    let mut found = Vec::new();
    for pair in all.windows(2) {
        let [(at, word), (name_at, name)] = pair else {
            continue;
        };
        let end = name_at + name.len();
        if *word != "mod" || !code[end..].trim_start().starts_with(';') {
            continue;
        }
        let line_before = text[..*at]
            .trim_end()
            .lines()
            .next_back()
            .unwrap_or_default()
            .trim();
        let path = line_before
            .strip_prefix("#[path = \"")
            .and_then(|rest| rest.strip_suffix("\"]"));
        found.push(path.map_or_else(
            || Declared::Named((*name).to_owned()),
            |file| Declared::At(file.to_owned()),
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_modules_in_files_of_their_own_count() {
        let text = "pub(crate) mod a;\n// mod b;\nmod c { mod d; }\n#[path = \"e/f.rs\"]\nmod g;\n";
        let names = ["a", "d"].map(|name| Declared::Named(name.to_owned()));
        let found = declared(text);
        assert_eq!(found[..2], names);
        assert_eq!(found[2..], [Declared::At("e/f.rs".to_owned())]);
    }

    #[test]
    fn what_nobody_declares_is_dead() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            path
        };
        let root = write("src/lib.rs", "mod live;");
        let live = write("src/live.rs", "mod inner;");
        let inner = write("src/live/inner.rs", "");
        write("src/dead.rs", "mod inner;");
        let mut alive = BTreeSet::new();
        visit(&root, true, &mut alive);
        assert_eq!(alive, BTreeSet::from([root, live, inner]));
    }
}
