//! What the writer leaves out: nothing, except for a benchmark that measures what that costs.

/// What is left out of the writer's work; only a build with the feature `bench-only` has a way to ask for it.
#[cfg(feature = "bench-only")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LeftOut {
    /// Hash chain and tree: entries are written, and nothing proves them.
    pub seal: bool,
    /// Entries: what they say is folded into the state and forgotten. Messages are still written and synced.
    pub entries: bool,
}

#[cfg(feature = "bench-only")]
impl LeftOut {
    pub(crate) const NOTHING: Self = Self {
        seal: false,
        entries: false,
    };

    pub(crate) const fn seal(self) -> bool {
        self.seal
    }

    pub(crate) const fn entries(self) -> bool {
        self.entries
    }
}

/// Nothing is left out.
#[cfg(not(feature = "bench-only"))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct LeftOut;

#[cfg(not(feature = "bench-only"))]
impl LeftOut {
    pub(crate) const NOTHING: Self = Self;

    pub(crate) const fn seal(self) -> bool {
        false
    }

    pub(crate) const fn entries(self) -> bool {
        false
    }
}
