//! Circles of modules inside a crate, which the border of the crate hides.
//!
//! The nodes are a crate's top-level modules, the edges its `crate::x` paths outside unit tests. What lies below one
//! top-level module may be as entangled as it likes. A name that the crate's root re-exports is no module and makes no
//! edge.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::rust_text::{line_of, without_comments_and_literals, without_tests};
use crate::tree::{Package, Tree};

/// Which module names which, with the first place where it does.
type Graph = BTreeMap<String, BTreeMap<String, String>>;

/// One finding for each circle.
pub(crate) fn check(tree: &Tree, package: &Package) -> Result<Vec<String>> {
    let source = package.folder().join("src");
    let mut graph = Graph::new();
    let files = tree.files(&source, &[".rs"])?;
    let modules: BTreeSet<String> = files
        .iter()
        .filter_map(|path| top_module(&source, path))
        .collect();
    for path in &files {
        let Some(module) = top_module(&source, path) else {
            continue;
        };
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        let text = fs::read_to_string(path)
            .with_context(|| format!("cannot read `{}`", path.display()))?;
        let code = without_comments_and_literals(&text);
        for (at, name) in crate_paths(without_tests(&code)) {
            if modules.contains(name) && name != module {
                let place = format!("{}:{}", tree.short(path).display(), line_of(&code, at));
                graph
                    .entry(module.clone())
                    .or_default()
                    .entry(name.to_owned())
                    .or_insert(place);
            }
        }
    }
    Ok(circles(&graph)
        .iter()
        .map(|circle| told(&package.name, &graph, circle))
        .collect())
}

/// The name of the top-level module that the file belongs to; none for the crate's root.
fn top_module(source: &Path, path: &Path) -> Option<String> {
    let first = path.strip_prefix(source).ok()?.components().next()?;
    let name = Path::new(&first).file_stem()?.to_str()?;
    (!matches!(name, "lib" | "main" | "bin")).then(|| name.to_owned())
}

/// The first names after `crate::`, those in a group of braces one by one.
fn crate_paths(code: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let start = at + "crate::".len();
        if let Some(group) = code[start..].strip_prefix('{') {
            found.extend(group_heads(group).map(|(offset, name)| (start + 1 + offset, name)));
        } else {
            found.push((start, identifier(&code[start..])));
        }
    }
    found
}

/// The first name of each part of a group, up to its closing brace.
fn group_heads(group: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut depth = 1;
    let mut fresh = true;
    let mut heads = Vec::new();
    for (offset, character) in group.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 1 => fresh = true,
            _ if fresh && !character.is_whitespace() => {
                heads.push((offset, identifier(&group[offset..])));
                fresh = false;
            }
            _ => {}
        }
        if depth == 0 {
            break;
        }
    }
    heads.into_iter()
}

fn identifier(text: &str) -> &str {
    let end = text
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    &text[..end]
}

/// A shortest circle in each tangle: modules that all reach each other are told once.
fn circles(graph: &Graph) -> Vec<Vec<String>> {
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for start in graph.keys() {
        if told.contains(start) {
            continue;
        }
        if let Some(circle) = shortest_way_back(graph, start) {
            let reached = reachable(graph, start);
            told.extend(
                reached
                    .into_iter()
                    .filter(|other| reachable(graph, other).contains(start)),
            );
            found.push(circle);
        }
    }
    found
}

/// The modules that one names, directly or through others.
fn reachable(graph: &Graph, start: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next = vec![start.to_owned()];
    while let Some(module) = next.pop() {
        for used in graph.get(&module).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(used.clone()) {
                next.push(used.clone());
            }
        }
    }
    reached
}

/// The modules of a shortest way from `start` to itself, `start` first.
fn shortest_way_back(graph: &Graph, start: &str) -> Option<Vec<String>> {
    let mut ways = vec![vec![start.to_owned()]];
    let mut seen = BTreeSet::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let last = way.last().map_or(start, String::as_str);
            for next in graph.get(last).into_iter().flat_map(BTreeMap::keys) {
                if next == start {
                    return Some(way);
                }
                if seen.insert(next.clone()) {
                    let mut further = way.clone();
                    further.push(next.clone());
                    longer.push(further);
                }
            }
        }
        ways = longer;
    }
    None
}

fn told(package: &str, graph: &Graph, circle: &[String]) -> String {
    let mut text =
        format!("crate `{package}` has a circle of modules; move what both need below them:");
    for (index, module) in circle.iter().enumerate() {
        let next = &circle[(index + 1) % circle.len()];
        let place = graph
            .get(module)
            .and_then(|uses| uses.get(next))
            .map_or("", String::as_str);
        text.push_str(&format!("\n    {module} -> {next}   {place}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::new();
        for (from, to) in edges {
            graph
                .entry((*from).to_owned())
                .or_default()
                .insert((*to).to_owned(), format!("{from}.rs:1"));
        }
        graph
    }

    #[test]
    fn paths_are_found_alone_and_in_groups() {
        let code = "use crate::sync;\nuse crate::{a::B, c::{d, e}, f};\nfn g() { crate::h::i() }";
        let names: Vec<&str> = crate_paths(code)
            .into_iter()
            .map(|(_, name)| name)
            .collect();
        assert_eq!(names, ["sync", "a", "c", "f", "h"]);
    }

    #[test]
    fn a_circle_is_told_once_with_its_places() {
        let graph = graph(&[("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("x", "a")]);
        let found = circles(&graph);
        assert_eq!(found, [["a", "b", "c"]]);
        let text = told("imap", &graph, &found[0]);
        assert!(text.contains("c -> a   c.rs:1"), "{text}");
    }

    #[test]
    fn a_tangle_of_several_circles_is_told_once() {
        let graph = graph(&[
            ("a", "b"),
            ("b", "a"),
            ("b", "c"),
            ("c", "b"),
            ("x", "y"),
            ("y", "x"),
        ]);
        let expected: [&[&str]; 2] = [&["a", "b"], &["x", "y"]];
        assert_eq!(circles(&graph), expected);
    }

    #[test]
    fn a_tree_has_no_circle() {
        assert_eq!(
            circles(&graph(&[("a", "b"), ("a", "c"), ("b", "c")])),
            Vec::<Vec<String>>::new()
        );
    }

    #[test]
    fn files_belong_to_their_top_module() {
        let source = Path::new("/x/src");
        let top = |path: &str| top_module(source, &source.join(path));
        assert_eq!(top("codec/line.rs").as_deref(), Some("codec"));
        assert_eq!(top("codec.rs").as_deref(), Some("codec"));
        assert_eq!(top("lib.rs"), None);
    }
}
