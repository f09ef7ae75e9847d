//! Decisions: what becomes of a message.

use bytes::Bytes;
use scan::Source;

/// What is to be done with a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is taken.
    Take(Box<Taken>),
    /// It is refused for good.
    Reject {
        /// The reply's code, from 500 to 599.
        code: u16,
        /// The enhanced code (RFC 3463), such as `5.7.1`.
        enhanced: String,
        /// What the peer is told: a line of ASCII.
        text: String,
    },
    /// It may come again later.
    Defer {
        /// The enhanced code, such as `4.7.1`.
        enhanced: &'static str,
        /// What the peer is told: a line of ASCII.
        text: String,
    },
    /// It is answered as if it were taken, and thrown away: a scanner wants it so.
    Discard,
}

/// How a message is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Whether it goes to Junk.
    pub junk: bool,
    /// How likely it is junk, from 0 to 100 (RFC 5235 3.2); nothing where nobody asked.
    pub spam_percent: Option<u8>,
    /// From 1 for clean to 5 for malware (RFC 5235 3.4); nothing where nobody looked.
    pub virus: Option<u8>,
    /// Whether the author's domain vouches for the message: an identifier is aligned (RFC 7489 3.1).
    pub author_is_proven: bool,
    /// Whether the author's domain has a policy that the message fails.
    pub author_is_forged: bool,
    /// The name of the client's address, confirmed forward; nothing where there is none, or nobody looked.
    pub client_dns_name: Option<String>,
    /// Whole header fields with their line ends, to be put above the message.
    pub fields: String,
    /// The message: as it was given, or with other header fields.
    pub content: Bytes,
}

impl Decision {
    pub(super) fn reject(code: u16, enhanced: &str, text: &str) -> Self {
        Self::Reject {
            code,
            enhanced: enhanced.to_owned(),
            text: text.to_owned(),
        }
    }

    pub(super) fn defer(text: &str) -> Self {
        Self::Defer {
            // RFC 3463 3.8: a matter of policy.
            enhanced: "4.7.1",
            text: text.to_owned(),
        }
    }

    /// Somebody who must look at it gives no answer.
    pub(super) fn not_now() -> Self {
        Self::Defer {
            // RFC 3463 3.4: something of the system, not of the message.
            enhanced: "4.3.0",
            text: "The message cannot be checked now, please try again later.".to_owned(),
        }
    }

    /// Taken as it is.
    pub(super) fn untouched(content: Bytes) -> Self {
        Self::Take(Box::new(Taken {
            junk: false,
            spam_percent: None,
            virus: None,
            author_is_proven: false,
            author_is_forged: false,
            client_dns_name: None,
            fields: String::new(),
            content,
        }))
    }

    /// The same, in words for somebody who wants to send and can read what is wrong.
    pub(super) fn for_our_own(self, by: Option<Source>, virus: Option<String>) -> Self {
        let Self::Reject {
            code,
            enhanced,
            text,
        } = self
        else {
            return self;
        };
        let text = match (virus, by) {
            (Some(virus), _) => format!("Not sent: the message contains malware ({virus})."),
            (None, Some(Source::Rspamd)) => {
                let text = text.trim_end_matches('.');
                format!("Not sent: the message is taken for spam ({text}).")
            }
            (None, _) => format!("Not sent: {text}"),
        };
        Self::Reject {
            code,
            enhanced,
            text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_are_told_that_nothing_was_sent() {
        let told = |by, virus: Option<&str>| {
            let decision = Decision::reject(550, "5.7.1", "Gtube pattern.");
            match decision.for_our_own(by, virus.map(str::to_owned)) {
                Decision::Reject { text, .. } => text,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(
            told(Some(Source::Rspamd), None),
            "Not sent: the message is taken for spam (Gtube pattern)."
        );
        assert_eq!(
            told(Some(Source::Clamd), Some("Eicar")),
            "Not sent: the message contains malware (Eicar)."
        );
        assert_eq!(told(Some(Source::Milter), None), "Not sent: Gtube pattern.");
    }
}
