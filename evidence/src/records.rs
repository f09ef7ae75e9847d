//! Records: what the Exchange management shell and others export: a list of objects with named values.

mod clixml;

mod table;

pub use clixml::read_clixml;
pub use table::{TableError, read_table};

/// Values of one name that are kept: members of a group, recipients of a rule.
pub const VALUES_MAX: usize = 10_000;

/// One object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Record {
    /// The line on which it begins, from 1.
    pub line: u64,
    /// The names of its types, in small letters, one a line; empty in tables.
    pub types: String,
    /// Its values: a name may come with several.
    pub values: Vec<(String, Vec<String>)>,
}

impl Record {
    /// The first value of a name; empty where there is none.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.all(name).first().map_or("", String::as_str)
    }

    /// The first value that any of some names has.
    #[must_use]
    pub fn first_of(&self, names: &[&str]) -> &str {
        names
            .iter()
            .map(|name| self.value(name))
            .find(|value| !value.is_empty())
            .unwrap_or("")
    }

    /// All values of a name.
    #[must_use]
    pub fn all(&self, name: &str) -> &[String] {
        let found = self
            .values
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or(&[], |(_, values)| values.as_slice())
    }

    /// Whether it has a value of that name, even an empty one.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    }

    /// All values of a name in one text, with `, ` between.
    #[must_use]
    pub fn joined(&self, name: &str) -> String {
        self.all(name).join(", ")
    }
}
