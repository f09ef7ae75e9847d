//! What can be wrong with a request's body, header fields or links, by blame.

use super::precondition::Precondition;
use super::status::Status;

/// What was wrong with a request. The texts may be shown to the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not well-formed XML.
    #[error("The body is no well-formed XML at octet {at}: {what}")]
    Syntax {
        /// The place in the body, from 0.
        at: usize,
        /// What is wrong there.
        what: &'static str,
    },
    /// Well-formed XML that does not say what the method needs.
    #[error("The body does not fit the request: expected {0}")]
    Expected(&'static str),
    /// A header field that does not follow its grammar.
    #[error("The header field `{0}` is malformed")]
    Header(&'static str),
    /// A path or link that is malformed.
    #[error("A path or link is malformed: {0}")]
    Href(&'static str),
    /// A path that leads to nothing that can exist.
    #[error("No such place")]
    Outside,
    /// A link to another server.
    #[error("The link leads to another server")]
    OtherServer,
    /// More octets than the limit.
    #[error("The body is too large, at most {limit} octets")]
    TooLong {
        /// The limit.
        limit: usize,
    },
    /// More of something than the limit.
    #[error("Too many {what}, at most {limit}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// Elements nested deeper than the limit.
    #[error("Elements are nested too deeply, at most {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// Not UTF-8.
    #[error("The body must be encoded in UTF-8")]
    Encoding,
    /// A document type declaration.
    #[error("Document types and entities of one's own are not taken")]
    Entities,
    /// A named precondition of a standard.
    #[error("The precondition `{}` does not hold", .0.tag().local)]
    Refused(Precondition),
}

impl Fault {
    /// The status to answer with.
    #[must_use]
    pub fn status(&self) -> Status {
        match self {
            Self::Syntax { .. } | Self::Expected(_) | Self::Header(_) | Self::Href(_) => {
                Status::BAD_REQUEST
            }
            Self::Outside => Status::NOT_FOUND,
            // RFC 4918 9.8.5: 502 where the destination is on another server.
            Self::OtherServer => Status::BAD_GATEWAY,
            Self::TooLong { .. } | Self::TooMany { .. } | Self::TooDeep { .. } => {
                Status::CONTENT_TOO_LARGE
            }
            // Departs from RFC 4918 8.2: UTF-16 is not read; no client has been seen to send it.
            Self::Encoding => Status::UNSUPPORTED_MEDIA_TYPE,
            Self::Entities => Status::FORBIDDEN,
            Self::Refused(precondition) => precondition.status(),
        }
    }

    /// The element to stand in the body of the answer, if a standard names one.
    #[must_use]
    pub fn precondition(&self) -> Option<Precondition> {
        match self {
            // RFC 4918 16: the precondition for bodies with external entities.
            Self::Entities => Some(Precondition::NoExternalEntities),
            Self::Refused(precondition) => Some(*precondition),
            Self::Syntax { .. }
            | Self::Expected(_)
            | Self::Header(_)
            | Self::Href(_)
            | Self::Outside
            | Self::OtherServer
            | Self::TooLong { .. }
            | Self::TooMany { .. }
            | Self::TooDeep { .. }
            | Self::Encoding => None,
        }
    }
}
