//! What a source file may be called, how long it may be, and two things that may not stand in it.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::layers::Rules;
use crate::rust_text::{line_of, without_comments_and_literals, words};
use crate::tree::{Package, Tree};

/// One line for each file of the package that breaks a rule.
pub(crate) fn check(tree: &Tree, rules: &Rules, package: &Package) -> Result<Vec<String>> {
    let mut findings = Vec::new();
    for path in tree.files(package.folder(), &[".rs"])? {
        let text = fs::read_to_string(&path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        let short = tree.short(&path);
        findings.extend(check_name(rules, short));
        findings.extend(check_text(rules, short, &text));
    }
    Ok(findings)
}

fn check_name(rules: &Rules, path: &Path) -> Option<String> {
    let name = path.file_stem()?.to_str()?;
    rules
        .empty_names
        .iter()
        .any(|empty| empty == name)
        .then(|| {
            format!(
                "{}: name the file after the thing inside it",
                path.display()
            )
        })
}

fn check_text(rules: &Rules, path: &Path, text: &str) -> Vec<String> {
    let shown = path.display();
    let mut findings = Vec::new();
    let lines = text.lines().count();
    if lines > rules.file_lines_max {
        findings.push(format!(
            "{shown}: {lines} lines, {} at most; which second thing hides inside?",
            rules.file_lines_max
        ));
    }
    let code = without_comments_and_literals(text);
    for (at, word) in words(&code) {
        let what = match word {
            "unsafe" => "unsafe code",
            "allow" if code[..at].ends_with("#[") || code[..at].ends_with("#![") => {
                "`#[allow(...)]`; write `#[expect(lint, reason = \"...\")]`"
            }
            _ => continue,
        };
        findings.push(format!("{shown}:{}: {what}", line_of(&code, at)));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(lines: usize) -> Rules {
        toml::from_str(&format!(
            "faces = []\nengines = []\npure = []\nimpure = []\ntests_may_use = []\nonly_beside = []\n\
             file_lines_max = {lines}\nempty_names = [\"utils\", \"mod\"]\ncall = []\n[may_use]\n"
        ))
        .unwrap()
    }

    #[test]
    fn empty_names_are_refused() {
        assert!(check_name(&rules(1), Path::new("imap/src/utils.rs")).is_some());
        assert!(check_name(&rules(1), Path::new("imap/src/codec/mod.rs")).is_some());
        assert!(check_name(&rules(1), Path::new("imap/src/words.rs")).is_none());
    }

    #[test]
    fn long_files_and_forbidden_words_are_found_with_their_line() {
        let text =
            "//! unsafe is only a word here.\n#![allow(dead_code)]\nfn f() { unsafe { g() } }\n";
        let found = check_text(&rules(2), Path::new("a.rs"), text);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(
            found[0].contains("3 lines")
                && found[1].starts_with("a.rs:2")
                && found[2].starts_with("a.rs:3")
        );
        assert!(
            check_text(
                &rules(9),
                Path::new("a.rs"),
                "#![forbid(unsafe_code)]\nlet allow = 1;"
            )
            .is_empty()
        );
    }
}
