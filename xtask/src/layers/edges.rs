//! The edges between our crates, held against the table, and how our packages are named.

use crate::layers::Rules;
use crate::tree::{Dependency, Metadata, Package};

/// One line for each edge or package that breaks a rule.
pub(crate) fn check(rules: &Rules, metadata: &Metadata) -> Vec<String> {
    let names: Vec<&str> = metadata
        .ours()
        .map(|package| package.name.as_str())
        .collect();
    let mut findings = Vec::new();
    for package in metadata.ours() {
        findings.extend(check_package(rules, &names, package));
    }
    for foreign in metadata
        .packages
        .iter()
        .filter(|package| package.source.is_some())
    {
        if names.contains(&foreign.name.as_str()) {
            findings.push(format!(
                "the registry's package `{} {}` has the name of one of ours; use another package",
                foreign.name, foreign.version
            ));
        }
    }
    findings
}

fn check_package(rules: &Rules, names: &[&str], package: &Package) -> Vec<String> {
    let mut findings = Vec::new();
    let name = package.name.as_str();
    if package
        .folder()
        .file_name()
        .is_none_or(|folder| folder != name)
    {
        findings.push(format!(
            "package `{name}` does not lie in a folder of that name"
        ));
    }
    if package.version != "0.0.0"
        || package
            .publish
            .as_ref()
            .is_none_or(|registries| !registries.is_empty())
    {
        findings.push(format!(
            "package `{name}` must have `version = \"0.0.0\"` and `publish = false`"
        ));
    }
    let Some(may_use) = rules.may_use.get(name) else {
        findings.push(format!(
            "crate `{name}` has no row in `xtask/layers.toml`; say there what it may use"
        ));
        return findings;
    };
    for dependency in &package.dependencies {
        if let Some(why) = forbidden(rules, names, may_use, package, dependency) {
            findings.push(format!("`{name}` uses `{}`: {why}", dependency.name));
        }
    }
    findings
}

/// Why this crate may not use that one; none if it may.
fn forbidden(
    rules: &Rules,
    names: &[&str],
    may_use: &[String],
    package: &Package,
    dependency: &Dependency,
) -> Option<String> {
    let has = |list: &[String], name: &str| list.iter().any(|entry| entry == name);
    let for_tests = dependency.kind.as_deref() == Some("dev");
    let (user, used) = (package.name.as_str(), dependency.name.as_str());
    if has(&rules.pure, user) && !for_tests && has(&rules.impure, used) {
        return Some("a pure crate does no input or output and has no runtime".to_owned());
    }
    if !names.contains(&used)
        || has(may_use, used)
        || (for_tests && has(&rules.tests_may_use, used))
    {
        return None;
    }
    if has(&rules.only_beside, used) {
        return Some("it belongs into `[dev-dependencies]` only".to_owned());
    }
    if has(&rules.faces, user) && has(&rules.faces, used) {
        return Some(
            "a face never uses another face; what both need belongs into `groupware`".to_owned(),
        );
    }
    if has(&rules.engines, used) {
        return Some("an engine is named only by `wachpost` and by tests; use `store`".to_owned());
    }
    if has(&rules.faces, user) && used == "store" {
        return Some("a face never touches the store; ask `groupware`".to_owned());
    }
    Some(format!("not in the row of `{user}` in `xtask/layers.toml`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> Rules {
        toml::from_str(
            r#"
            faces = ["imap", "smtp"]
            engines = ["store-local"]
            pure = ["model"]
            impure = ["tokio"]
            tests_may_use = ["testbed", "store-local"]
            only_beside = ["testbed"]
            file_lines_max = 800
            empty_names = []
            call = []
            [may_use]
            model = []
            store = ["model"]
            imap = ["groupware"]
            "#,
        )
        .unwrap()
    }

    fn package(name: &str, uses: &[(&str, Option<&str>)]) -> Package {
        Package {
            name: name.to_owned(),
            version: "0.0.0".to_owned(),
            source: None,
            manifest_path: format!("/x/{name}/Cargo.toml").into(),
            dependencies: uses
                .iter()
                .map(|(name, kind)| Dependency {
                    name: (*name).to_owned(),
                    kind: kind.map(str::to_owned),
                })
                .collect(),
            targets: Vec::new(),
            publish: Some(Vec::new()),
        }
    }

    const NAMES: &[&str] = &[
        "model",
        "store",
        "store-local",
        "imap",
        "smtp",
        "groupware",
        "testbed",
    ];

    #[test]
    fn the_rows_of_the_table_are_allowed() {
        let imap = package(
            "imap",
            &[
                ("groupware", None),
                ("tokio", None),
                ("testbed", Some("dev")),
            ],
        );
        assert_eq!(check_package(&rules(), NAMES, &imap), Vec::<String>::new());
    }

    #[test]
    fn edges_outside_the_table_are_refused_with_a_reason() {
        for (user, used, reason) in [
            ("imap", "smtp", "never uses another face"),
            ("imap", "store", "never touches the store"),
            ("imap", "store-local", "only by `wachpost` and by tests"),
            ("imap", "testbed", "`[dev-dependencies]` only"),
            ("store", "groupware", "not in the row"),
            ("model", "tokio", "pure crate"),
        ] {
            let findings = check_package(&rules(), NAMES, &package(user, &[(used, None)]));
            assert!(
                findings.len() == 1 && findings[0].contains(reason),
                "{user} {used}: {findings:?}"
            );
        }
    }

    #[test]
    fn a_foreign_namesake_is_found() {
        let mut foreign = package("imap", &[]);
        foreign.source = Some("registry".to_owned());
        let metadata = Metadata {
            packages: vec![package("imap", &[]), foreign],
        };
        assert!(
            check(&rules(), &metadata)
                .iter()
                .any(|finding| finding.contains("name of one of ours"))
        );
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        assert!(check_package(&rules(), NAMES, &package("smtp", &[]))[0].contains("has no row"));
    }
}
