//! Invalid: a property of an event that cannot be what it was set to.

/// Which property, and why not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{property}`: {why}")]
pub(crate) struct Invalid {
    /// Its path from the event.
    pub(crate) property: String,
    /// What is wrong with it, for whoever wrote the client.
    pub(crate) why: &'static str,
}

impl Invalid {
    pub(crate) fn new(property: impl Into<String>, why: &'static str) -> Self {
        Self {
            property: property.into(),
            why,
        }
    }

    /// The same, inside another property.
    pub(crate) fn within(self, path: &str) -> Self {
        Self {
            property: format!("{path}/{}", self.property),
            why: self.why,
        }
    }
}
