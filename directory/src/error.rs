//! Why the directory did not change.

/// Whose fault it is, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The domain, principal, alias or credential is not there.
    #[error("{0} is not there: check its spelling, or list what there is")]
    NotFound(&'static str),
    /// The address is taken.
    #[error("{0} is taken: choose another, or remove it where it is first")]
    AlreadyExists(&'static str),
    /// What was given for `field` cannot be used.
    #[error("{field}: {why}")]
    Invalid {
        /// What was given.
        field: &'static str,
        /// What is wrong with it, and what to do.
        why: &'static str,
    },
    /// It cannot be done as things stand.
    #[error("{0}")]
    Conflict(&'static str),
    /// A named limit would be exceeded.
    #[error("{0}")]
    Limit(&'static str),
    /// Others change the directory, or too many passwords are being hashed: trying again helps.
    #[error("the directory is busy: try again")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(store::Error),
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::NotFound(what) => Self::NotFound(what),
            store::Error::AlreadyExists(what) => Self::AlreadyExists(what),
            store::Error::Invalid(why) => Self::Conflict(why),
            store::Error::Limit(why) => Self::Limit(why),
            store::Error::StateMismatch => Self::Busy,
            store::Error::HasChildren
            | store::Error::NotEmpty
            | store::Error::OverQuota
            | store::Error::Unavailable(_)
            | store::Error::UidConflict { .. }
            | store::Error::Scheduled
            | store::Error::NotTogether
            | store::Error::Damaged(_) => Self::Store(error),
        }
    }
}
