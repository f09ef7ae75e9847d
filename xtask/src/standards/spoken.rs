//! The part of `README.md` that says what each face speaks, made from `docs/standards.toml`.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result, bail};

use crate::standards::{List, Support};
use crate::tree::Tree;

const BEGIN: &str = "<!-- made by `cargo xtask standards --write` -->\n";
const END: &str = "<!-- end -->\n";

/// A finding if the part is not what the list gives.
pub(crate) fn check(tree: &Tree, list: &List) -> Result<Option<String>> {
    let (before, after) = renewed(tree, list)?;
    Ok((before != after).then(|| {
        "README.md: what it speaks is out of date; run `cargo xtask standards --write`".to_owned()
    }))
}

/// Writes the part anew.
pub(crate) fn write(tree: &Tree, list: &List) -> Result<()> {
    let (_, text) = renewed(tree, list)?;
    fs::write(tree.path("README.md"), text).context("cannot write `README.md`")
}

/// The file as it is and as it should be.
fn renewed(tree: &Tree, list: &List) -> Result<(String, String)> {
    let text = fs::read_to_string(tree.path("README.md")).context("cannot read `README.md`")?;
    let Some((head, rest)) = text.split_once(BEGIN) else {
        bail!("`README.md` has lost its line {BEGIN:?}")
    };
    let Some((_, tail)) = rest.split_once(END) else {
        bail!("`README.md` has lost its line {END:?}")
    };
    let renewed = format!("{head}{BEGIN}{}{END}{tail}", table(list));
    Ok((text.clone(), renewed))
}

/// One line per face; documents that are done in part bear an asterisk.
fn table(list: &List) -> String {
    let mut faces: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for standard in list
        .standard
        .iter()
        .filter(|standard| standard.support != Support::No)
    {
        let star = if standard.support == Support::Partial {
            "\\*"
        } else {
            ""
        };
        faces
            .entry(&standard.face)
            .or_default()
            .push(format!("{}{star}", standard.number));
    }
    let mut text = String::from("| part | standards (\\* in part) |\n|---|---|\n");
    for (face, numbers) in faces {
        text.push_str(&format!(
            "| `{face}` | {} |\n",
            numbers.join(", ").replace(", RFC ", ", ")
        ));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_face_has_one_line() {
        let list: List = toml::from_str(
            "[[standard]]\nnumber = \"RFC 1\"\ntitle = \"\"\nface = \"imap\"\nsupport = \"yes\"\n\
             [[standard]]\nnumber = \"RFC 2\"\ntitle = \"\"\nface = \"imap\"\nsupport = \"partial\"\n\
             [[standard]]\nnumber = \"RFC 3\"\ntitle = \"\"\nface = \"smtp\"\nsupport = \"no\"\n",
        )
        .unwrap();
        assert!(
            table(&list).ends_with("|\n| `imap` | RFC 1, 2\\* |\n"),
            "{}",
            table(&list)
        );
    }
}
