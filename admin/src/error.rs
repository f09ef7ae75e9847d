//! Why a request was not done, in words for the administrator: what is wrong, then what to do.

use serde::{Deserialize, Serialize};

/// Whose fault it is, from which the exit code of a command is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// What was asked for is not there.
    NotFound,
    /// The name or address is taken.
    AlreadyExists,
    /// What was given cannot be used, or it cannot be done as things stand.
    Refused,
    /// It cannot be done at the moment; trying again later helps.
    Unavailable,
    /// It is our fault; the log says more.
    Internal,
}

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// Whose fault.
    pub kind: Kind,
    /// What is wrong and what to do, for the administrator.
    pub message: String,
}

impl Failure {
    /// A failure of that kind.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
        }
    }

    /// Something with this name is not there.
    pub(crate) fn not_found(what: &str, name: &str) -> Self {
        let message =
            format!("{what} `{name}` is not there: check its spelling, or list what there is");
        Self::new(Kind::NotFound, message)
    }

    /// What was given cannot be used.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    /// The same, with what it was about in front.
    pub(crate) fn about(mut self, name: &str) -> Self {
        self.message = format!("`{name}`: {}", self.message);
        self
    }
}

impl From<directory::Error> for Failure {
    fn from(error: directory::Error) -> Self {
        let kind = match &error {
            directory::Error::NotFound(_) => Kind::NotFound,
            directory::Error::AlreadyExists(_) => Kind::AlreadyExists,
            directory::Error::Invalid { .. }
            | directory::Error::Conflict(_)
            | directory::Error::Limit(_) => Kind::Refused,
            directory::Error::Busy | directory::Error::Store(_) => Kind::Unavailable,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<groupware::Error> for Failure {
    fn from(error: groupware::Error) -> Self {
        let kind = match &error {
            groupware::Error::NotFound => Kind::NotFound,
            groupware::Error::AlreadyExists | groupware::Error::UidConflict { .. } => {
                Kind::AlreadyExists
            }
            groupware::Error::Forbidden
            | groupware::Error::OverQuota
            | groupware::Error::TooLarge
            | groupware::Error::SendingLimit { .. }
            | groupware::Error::HasChildren
            | groupware::Error::NotEmpty
            | groupware::Error::Limit(_)
            | groupware::Error::Invalid { .. }
            | groupware::Error::Refused(_) => Kind::Refused,
            groupware::Error::StateMismatch
            | groupware::Error::CannotCalculate
            | groupware::Error::Unavailable { .. } => Kind::Unavailable,
            groupware::Error::Internal(_) => Kind::Internal,
        };
        let message = match &error {
            groupware::Error::OverQuota => {
                "the account's quota would be exceeded: raise it with `wachpost account quota`"
                    .to_owned()
            }
            groupware::Error::Internal(incident) => {
                format!("a fault of the server: look for incident {incident} in its log")
            }
            _ => error.to_string(),
        };
        Self::new(kind, message)
    }
}
