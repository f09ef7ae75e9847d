//! Actions and reports: what the session and the connection loop say to each other.

use crate::codec::{
    EnhancedCode, ForwardPath, MailParameters, RcptParameters, Reply, ReversePath, SaslResponse,
};

/// What the connection loop is to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Send the reply; read the next command.
    Reply(Reply),
    /// Send the replies in this order; read the next command.
    Replies(Vec<Reply>),
    /// May this sender send? Report by [`super::Session::sender_decided`].
    AskSender {
        /// The sender.
        reverse_path: ReversePath,
        /// What MAIL said besides.
        parameters: MailParameters,
    },
    /// May this recipient be sent to? Report by [`super::Session::recipient_decided`].
    AskRecipient {
        /// The recipient.
        forward_path: ForwardPath,
        /// What RCPT said besides.
        parameters: RcptParameters,
    },
    /// Send the 354, then read by a [`crate::codec::DataReader`]. Report by [`super::Session::message_done`] or
    /// [`super::Session::content_refused`]; on [`crate::codec::DataStep::Abandon`] send [`Reply::too_much`] and close.
    /// Where it cannot be read now, send nothing and report by [`super::Session::data_put_off`] at once.
    ReadData(Reply),
    /// Read a chunk by the message's [`crate::codec::ChunkReader`], which is made at the message's first chunk and
    /// dropped whenever [`super::Session::envelope`] is gone. Report by [`super::Session::content_refused`] where the
    /// reader refuses, else by [`super::Session::message_done`] after the last and
    /// [`super::Session::chunk_stored`] after any other. Where [`crate::codec::ChunkReader::begin`] says `false`, send
    /// [`Reply::too_much`] and close.
    ReadChunk {
        /// Octets that follow the command line.
        octets: u64,
        /// Whether the message ends with it.
        last: bool,
    },
    /// Read so many octets, throw them away, send the reply; read the next command.
    DiscardChunk {
        /// Octets that follow the command line.
        octets: u64,
        /// What to say then.
        then: Reply,
    },
    /// Send the reply, drop nothing and read nothing, then shake hands. Report by [`super::Session::tls_started`], or close.
    StartTls(Reply),
    /// Let the client prove itself. Report by [`super::Session::authenticated`] or
    /// [`super::Session::authentication_failed`].
    Authenticate {
        /// The mechanism in upper case; one of those in the settings.
        mechanism: Box<str>,
        /// The initial response, if one came with the command.
        initial: Option<SaslResponse>,
    },
    /// Send the reply and close.
    Close(Reply),
}

/// Whether octets of the client lie behind a command line already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Behind {
    /// Nothing has come yet.
    Nothing,
    /// The client went on without waiting.
    Octets,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The same for all recipients.
    All(Reply),
    /// One reply for each recipient of the envelope, in its order.
    Each(Vec<Reply>),
}

impl Verdict {
    /// One reply for each of so many recipients. Where one is missing, nobody knows what became of its message, and the
    /// answer is temporary.
    pub(super) fn for_each(self, recipients: usize) -> Vec<Reply> {
        match self {
            Self::All(reply) => vec![reply; recipients],
            Self::Each(mut replies) => {
                replies.resize(recipients, Reply::try_later());
                replies
            }
        }
    }

    /// One reply for all. RFC 5321 3.3, 6.1: a 250 takes on every recipient, and those that cannot be served would be
    /// for us to report. Nobody here can, so only acceptance by all is an acceptance; whatever else is mixed with it is
    /// temporary, since sending the message again may give somebody a second copy, but nobody loses theirs.
    pub(super) fn for_all(self) -> Reply {
        let replies = match self {
            Self::All(reply) => return reply,
            Self::Each(replies) => replies,
        };
        let accepted = replies.iter().filter(|reply| reply.is_positive()).count();
        let is_temporary = |reply: &&Reply| !reply.is_positive() && !reply.is_permanent();
        let chosen = match replies.iter().find(is_temporary) {
            Some(temporary) => Some(temporary),
            None if accepted == 0 || accepted == replies.len() => replies.first(),
            None => None,
        };
        chosen.cloned().unwrap_or_else(Reply::try_later)
    }
}

/// Why an attempt to sign in failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthFailure {
    /// The credentials are not valid, or not for this protocol, or not now: the client is not told which.
    Invalid,
    /// The client sent `*`.
    Cancelled,
    /// A line was not base64, or not what the mechanism expects.
    Malformed,
    /// A line was too long.
    TooLong,
    /// There were too many failures of this account or network; nothing was checked.
    Slow,
    /// The directory cannot say now.
    Temporary,
}

impl AuthFailure {
    /// The reply to the peer.
    #[must_use]
    pub fn reply(self) -> Reply {
        // RFC 4954 4, 6.
        match self {
            Self::Invalid => Reply::new(535, EnhancedCode::BAD_CREDENTIALS, "Wrong credentials."),
            Self::Cancelled => Reply::new(501, EnhancedCode::SECURITY, "Cancelled."),
            Self::Malformed => Reply::new(501, EnhancedCode::SYNTAX, "Malformed response."),
            Self::TooLong => Reply::new(500, EnhancedCode::AUTH_LINE_TOO_LONG, "Line too long."),
            // RFC 4954 6: 454, a temporary failure; waiting helps, guessing on does not.
            Self::Slow => Reply::new(
                454,
                EnhancedCode::SECURITY_TEMPORARY,
                "Too many failed attempts, please try again later.",
            ),
            Self::Temporary => Reply::new(
                454,
                EnhancedCode::SECURITY_TEMPORARY,
                "Cannot check credentials now.",
            ),
        }
    }

    pub(super) fn is_the_clients_fault(self) -> bool {
        match self {
            Self::Invalid | Self::Malformed | Self::TooLong | Self::Slow => true,
            Self::Cancelled | Self::Temporary => false,
        }
    }
}
