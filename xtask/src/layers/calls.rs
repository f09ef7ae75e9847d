//! Calls that only some crates may make outside their tests: clocks, threads, programs, files, the environment.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::layers::{Call, Rules};
use crate::rust_text::{line_of, without_comments_and_literals, without_tests};
use crate::tree::{Package, Tree};

/// One line for each call that this package may not make.
pub(crate) fn check(tree: &Tree, rules: &Rules, package: &Package) -> Result<Vec<String>> {
    let refused: Vec<&Call> = rules
        .call
        .iter()
        .filter(|call| !call.crates.contains(&package.name))
        .collect();
    let mut findings = Vec::new();
    for path in tree.files(package.folder().join("src"), &[".rs"])? {
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        let text = fs::read_to_string(&path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        findings.extend(check_text(&refused, tree.short(&path), &text));
    }
    Ok(findings)
}

fn check_text(refused: &[&Call], path: &Path, text: &str) -> Vec<String> {
    let code = without_comments_and_literals(text);
    let code = without_tests(&code);
    let mut findings = Vec::new();
    for call in refused {
        for written in &call.written {
            for (at, _) in code.match_indices(written.as_str()) {
                if code[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') {
                    continue;
                }
                let (path, line, instead) = (path.display(), line_of(code, at), &call.instead);
                findings.push(format!(
                    "{path}:{line}: `{}` is not for this crate; use {instead}",
                    written.trim_end_matches('(')
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_call_is_found_outside_tests_only() {
        let call = Call {
            written: vec!["Instant::now(".to_owned()],
            crates: Vec::new(),
            instead: "the clock".to_owned(),
        };
        let text = "// Instant::now()\nlet a = Instant::now();\nMyInstant::now();\n#[cfg(test)]\nmod tests {\n Instant::now(); }";
        let found = check_text(&[&call], Path::new("a.rs"), text);
        assert_eq!(
            found,
            ["a.rs:2: `Instant::now` is not for this crate; use the clock"]
        );
    }
}
