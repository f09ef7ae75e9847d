//! Look-alikes: names that a reader takes for a genuine one.
//!
//! A name resembles another if both are the same after signs that look alike are made one (`0` and `o`, `rn` and `m`, Cyrillic
//! and Latin letters), or if one letter was added, left out or changed. Only names of what the web server runs are compared.

use std::collections::HashMap;

use super::path::{file_name, is_page};
use super::{Half, Packed};

/// Shorter names are like too many others to be compared letter by letter.
const NAME_LETTERS_MIN: usize = 8;

/// Longer names are nobody's.
const NAME_LETTERS_MAX: usize = 64;

/// Genuine names and hashes, to be asked for.
#[derive(Debug)]
pub(super) struct Names {
    /// From the name of a page to a path that has it.
    exact: HashMap<String, u32>,
    /// From what a name looks like, whole or with one letter left out, to a path.
    blurred: HashMap<String, u32>,
    /// Hashes and the paths that have them, in order.
    hashes: Vec<(Half, u32)>,
}

impl Names {
    pub(super) fn of(packed: &Packed) -> Self {
        let mut names = Self {
            exact: HashMap::new(),
            blurred: HashMap::new(),
            hashes: Vec::new(),
        };
        for (at, path) in packed.paths().enumerate() {
            let index = u32::try_from(at).unwrap_or(u32::MAX);
            for entry in packed.entries_at(at) {
                names.hashes.push((entry.half, index));
            }
            let name = file_name(path);
            if !is_page(name) || names.exact.contains_key(name) {
                continue;
            }
            names.exact.insert(name.to_owned(), index);
            for form in blurred_forms(name) {
                names.blurred.entry(form).or_insert(index);
            }
        }
        names.hashes.sort_unstable();
        names.hashes.dedup_by_key(|(half, _)| *half);
        names
    }

    /// Whether a page bears this name, which is in lower case.
    pub(super) fn has(&self, name: &str) -> bool {
        self.exact.contains_key(name)
    }

    /// A path whose file has this hash.
    pub(super) fn path_of<'p>(&self, packed: &'p Packed, half: Half) -> Option<&'p str> {
        let at = self.hashes.binary_search_by_key(&half, |(half, _)| *half);
        let (_, path) = self.hashes.get(at.ok()?)?;
        Some(packed.path(*path as usize))
    }

    /// The path of a page whose name this one resembles, or is.
    pub(super) fn resembles<'p>(&self, packed: &'p Packed, name: &str) -> Option<&'p str> {
        let found = self.exact.get(name).or_else(|| {
            let forms = blurred_forms(name);
            forms.iter().find_map(|form| self.blurred.get(form))
        })?;
        Some(packed.path(*found as usize))
    }
}

/// The name as it looks, and, if it is long enough, with each letter left out: two names that differ in one letter share a form.
fn blurred_forms(name: &str) -> Vec<String> {
    if name.len() > 4 * NAME_LETTERS_MAX {
        return Vec::new();
    }
    let letters: Vec<char> = looks(name);
    let mut forms = vec![letters.iter().collect()];
    let stem = letters.iter().rposition(|letter| *letter == '.');
    let stem = stem.unwrap_or(letters.len());
    if (NAME_LETTERS_MIN..=NAME_LETTERS_MAX).contains(&letters.len()) {
        for left_out in 0..stem {
            let rest = letters.iter().enumerate();
            let rest = rest.filter(|(at, _)| *at != left_out);
            forms.push(rest.map(|(_, letter)| *letter).collect());
        }
    }
    forms
}

/// The letters as a reader takes them.
fn looks(name: &str) -> Vec<char> {
    let name = name.trim_end_matches(['.', ' ']);
    let mut letters = Vec::with_capacity(name.len());
    let mut rest = name.chars().flat_map(char::to_lowercase).peekable();
    while let Some(letter) = rest.next() {
        letters.push(match letter {
            'r' if rest.next_if_eq(&'n').is_some() => 'm',
            'v' if rest.next_if_eq(&'v').is_some() => 'w',
            '0' | 'о' | 'ο' => 'o',
            '1' | 'i' | 'і' | 'ı' | '|' => 'l',
            '5' | 'ѕ' => 's',
            'а' | 'α' => 'a',
            'е' | 'ё' => 'e',
            'с' => 'c',
            'р' | 'ρ' => 'p',
            'х' => 'x',
            'у' => 'y',
            '-' | ' ' => '_',
            letter => letter,
        });
    }
    letters
}
