//! Why a request is not done, as our own pages and programs are told.

use std::time::Duration;

use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use directory::SignInError;
use serde_json::json;

use crate::answer::{self, Answer};

/// Why a request is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Name and proof do not belong together, or nobody is signed in.
    Refused,
    /// Too many failures.
    Slow(Duration),
    /// Passwords and tokens are taken over TLS only.
    Insecure,
    /// The request does not come from a page of ours.
    Foreign,
    /// The request is not as it has to be.
    Malformed(&'static str),
    /// It is too large.
    TooLarge,
    /// Somebody who may be elsewhere by now has to prove again that it is them.
    Confirm,
    /// The directory will not have it.
    Directory(directory::Error),
    /// Nothing can be checked at the moment.
    Unavailable,
}

impl From<SignInError> for Refusal {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Refused => Self::Refused,
            SignInError::Slow { retry_after } => Self::Slow(retry_after),
            SignInError::Unavailable => Self::Unavailable,
            SignInError::Malformed => Self::Malformed("this cannot be a name and a password"),
        }
    }
}

impl From<directory::Error> for Refusal {
    fn from(error: directory::Error) -> Self {
        Self::Directory(error)
    }
}

impl Refusal {
    /// The word for it, the status, and what people may read.
    fn parts(&self) -> (&'static str, StatusCode, String) {
        match self {
            Self::Refused => (
                "refused",
                StatusCode::UNAUTHORIZED,
                "name or password is wrong, or nobody is signed in".to_owned(),
            ),
            Self::Slow(_) => (
                "slow",
                StatusCode::TOO_MANY_REQUESTS,
                "there were too many failures: wait a while".to_owned(),
            ),
            Self::Insecure => (
                "insecure",
                StatusCode::FORBIDDEN,
                "passwords are taken over TLS only: use the https address".to_owned(),
            ),
            Self::Foreign => (
                "foreign",
                StatusCode::FORBIDDEN,
                "the request does not come from a page of this server".to_owned(),
            ),
            Self::Malformed(why) => ("malformed", StatusCode::BAD_REQUEST, (*why).to_owned()),
            Self::TooLarge => (
                "tooLarge",
                StatusCode::PAYLOAD_TOO_LARGE,
                "the request is too large".to_owned(),
            ),
            Self::Confirm => (
                "confirm",
                StatusCode::FORBIDDEN,
                "say once more who you are, then try again".to_owned(),
            ),
            Self::Directory(error) => directory_parts(error),
            Self::Unavailable => unavailable(),
        }
    }

    /// The answer to one of our own pages.
    pub(crate) fn answer(&self) -> Answer {
        let (word, status, message) = self.parts();
        let mut value = json!({ "error": word, "message": message });
        if let Self::Directory(directory::Error::Invalid { field, .. }) = self {
            value["field"] = json!(field);
        }
        let answer = answer::json(status, &value);
        match self {
            // RFC 6585 4.
            Self::Slow(wait) => {
                answer::with(answer, RETRY_AFTER, &wait.as_secs().max(1).to_string())
            }
            _ => answer,
        }
    }
}

fn directory_parts(error: &directory::Error) -> (&'static str, StatusCode, String) {
    use directory::Error;
    let (word, status) = match error {
        Error::NotFound(_) => ("notFound", StatusCode::NOT_FOUND),
        Error::AlreadyExists(_) => ("alreadyExists", StatusCode::CONFLICT),
        Error::Invalid { .. } => ("invalid", StatusCode::UNPROCESSABLE_ENTITY),
        Error::Conflict(_) => ("conflict", StatusCode::CONFLICT),
        Error::Limit(_) => ("limit", StatusCode::CONFLICT),
        Error::Busy => ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
        Error::Store(error) => {
            tracing::error!(%error, "the directory cannot be changed");
            return unavailable();
        }
    };
    (word, status, error.to_string())
}

fn unavailable() -> (&'static str, StatusCode, String) {
    (
        "unavailable",
        StatusCode::SERVICE_UNAVAILABLE,
        "this is not possible at the moment: try again".to_owned(),
    )
}
