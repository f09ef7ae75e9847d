//! Wanted: the changes that a client wants to hear of (RFC 8620 7.2 and 7.3).

use std::collections::BTreeSet;

use serde_json::Value;

/// Names that one client may list.
const TYPES_MAX: usize = 64;

/// Octets of the name of a type.
const TYPE_OCTETS_MAX: usize = 64;

/// Which types of data a client wants to hear of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// All of them.
    All,
    /// Only these; names that nobody knows never change.
    Some(BTreeSet<String>),
}

impl Wanted {
    /// Whether this one is wanted.
    pub(crate) fn wants(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::Some(names) => names.contains(name),
        }
    }

    /// Reads a list of names, or `null` for all; none if it is anything else, or too long.
    pub(crate) fn read(value: Option<Value>) -> Option<Self> {
        match value {
            None | Some(Value::Null) => Some(Self::All),
            Some(Value::Array(values)) => Self::of(
                values
                    .iter()
                    .map(Value::as_str)
                    .collect::<Option<Vec<_>>>()?,
            ),
            Some(_) => None,
        }
    }

    /// RFC 8620 7.3: names with commas between them, or `*`.
    pub(crate) fn listed(text: &str) -> Option<Self> {
        match text {
            "*" => Some(Self::All),
            text => Self::of(text.split(',').filter(|name| !name.is_empty())),
        }
    }

    fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let names: BTreeSet<String> = names
            .into_iter()
            .take(TYPES_MAX + 1)
            .map(|name| name.chars().take(TYPE_OCTETS_MAX + 1).collect())
            .collect();
        let fits =
            names.len() <= TYPES_MAX && names.iter().all(|name| name.len() <= TYPE_OCTETS_MAX);
        fits.then_some(Self::Some(names))
    }

    /// As it is written.
    pub(crate) fn value(&self) -> Value {
        match self {
            Self::All => Value::Null,
            Self::Some(names) => names.iter().cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_are_read_and_bounded() {
        let listed = Wanted::listed("Email,Mailbox").unwrap();
        assert!(listed.wants("Email") && !listed.wants("Thread"));
        assert_eq!(Wanted::read(Some(listed.value())), Some(listed));
        assert_eq!(Wanted::listed("*"), Some(Wanted::All));
        assert_eq!(Wanted::read(Some(Value::Null)), Some(Wanted::All));
        assert_eq!(Wanted::read(Some(json!([1]))), None);
        let long = "x".repeat(TYPE_OCTETS_MAX + 1);
        assert_eq!(Wanted::listed(&long), None);
        let many: Vec<String> = (0..=TYPES_MAX).map(|number| number.to_string()).collect();
        assert_eq!(Wanted::listed(&many.join(",")), None);
    }
}
