//! Capabilities: the names that `require` speaks of (RFC 5228 6).

/// What `require` and `ihave` know, sorted: the value of ManageSieve's `SIEVE` (RFC 5804 1.7).
pub const CAPABILITIES: &[&str] = &[
    "body",
    "comparator-i;ascii-casemap",
    "comparator-i;ascii-numeric",
    "comparator-i;octet",
    "comparator-i;unicode-casemap",
    "copy",
    "date",
    "duplicate",
    "editheader",
    "enclose",
    "encoded-character",
    "enotify",
    "envelope",
    "environment",
    "ereject",
    "extlists",
    "extracttext",
    "fcc",
    "fileinto",
    "foreverypart",
    "ihave",
    "imap4flags",
    "imapsieve",
    "include",
    "index",
    "mailbox",
    "mailboxid",
    "mime",
    "redirect-dsn",
    "reject",
    "relational",
    "replace",
    "spamtest",
    "spamtestplus",
    "special-use",
    "subaddress",
    "vacation",
    "vacation-seconds",
    "variables",
    "virustest",
];

/// Methods of `notify`: the value of ManageSieve's `NOTIFY` (RFC 5804 1.7).
pub const NOTIFY_METHODS: &[&str] = &["mailto"];

/// A set of capabilities, by their places in [`CAPABILITIES`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CapabilitySet(u64);

const _: () = assert!(CAPABILITIES.len() <= 64, "a set has 64 places");

impl CapabilitySet {
    /// Adds a capability and those that come with it; says whether there is one of this name.
    pub(crate) fn add(&mut self, name: &str) -> bool {
        let Some(place) = place(name) else {
            return false;
        };
        self.0 |= 1 << place;
        match name {
            // RFC 6131 1: vacation-seconds means vacation, too.
            "vacation-seconds" => self.add("vacation"),
            // RFC 5235 3.2: spamtestplus extends spamtest.
            "spamtestplus" => self.add("spamtest"),
            _ => true,
        }
    }

    pub(crate) fn has(self, name: &str) -> bool {
        place(name).is_some_and(|place| self.0 & (1 << place) != 0)
    }
}

fn place(name: &str) -> Option<usize> {
    CAPABILITIES.binary_search(&name).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted_and_found() {
        assert!(CAPABILITIES.is_sorted());
        let mut set = CapabilitySet::default();
        for name in CAPABILITIES {
            assert!(!CapabilitySet::default().has(name));
            assert!(set.add(name));
            assert!(set.has(name));
        }
        assert!(!set.add("regex"));
        assert!(!set.has("regex"));
    }
}
