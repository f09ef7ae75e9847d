//! The end of a command: its tagged answer, or why there is none.

use std::borrow::Cow;

use crate::codec::{Code, Condition, Encoder};

/// A tagged answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) condition: Condition,
    pub(crate) code: AnswerCode,
    pub(crate) text: Cow<'static, str>,
}

/// A response code with what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AnswerCode {
    None,
    Plain(Code<'static>),
    Capability(Vec<String>),
    AppendUid(u32, Ranges),
    CopyUid(u32, Ranges, Ranges),
    MailboxId(String),
    Modified(Ranges),
}

/// Ranges of numbers, in the order in which they are said.
pub(crate) type Ranges = Vec<(u32, u32)>;

/// Why a command was not done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The client is told so.
    Refused(Answer),
    /// The session cannot go on: the client is told so, and it ends.
    Bye(&'static str),
    /// The connection is lost.
    Lost(listen::Error),
}

impl Answer {
    pub(crate) fn ok(text: &'static str) -> Self {
        Self::new(Condition::Ok, AnswerCode::None, text)
    }

    pub(crate) fn ok_with(code: AnswerCode, text: &'static str) -> Self {
        Self::new(Condition::Ok, code, text)
    }

    pub(crate) fn no(code: Code<'static>, text: &'static str) -> Self {
        Self::new(Condition::No, AnswerCode::Plain(code), text)
    }

    pub(crate) fn bad(text: &'static str) -> Self {
        Self::new(Condition::Bad, AnswerCode::None, text)
    }

    pub(crate) fn new(condition: Condition, code: AnswerCode, text: &'static str) -> Self {
        Self {
            condition,
            code,
            text: Cow::Borrowed(text),
        }
    }

    /// Writes it after its tag.
    pub(crate) fn encode(&self, tag: &str, encoder: &mut Encoder<'_>) {
        self.code.with(|code| {
            encoder.tagged(tag, self.condition, code, &self.text);
        });
    }
}

impl AnswerCode {
    /// Calls `say` with the code as the encoder takes it.
    pub(crate) fn with(&self, say: impl FnOnce(Option<Code<'_>>)) {
        match self {
            Self::None => say(None),
            Self::Plain(code) => say(Some(*code)),
            Self::Capability(names) => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                say(Some(Code::Capability(&names)));
            }
            Self::AppendUid(uid_validity, uids) => say(Some(Code::AppendUid {
                uid_validity: *uid_validity,
                uids,
            })),
            Self::CopyUid(uid_validity, source, target) => say(Some(Code::CopyUid {
                uid_validity: *uid_validity,
                source,
                target,
            })),
            Self::MailboxId(id) => say(Some(Code::MailboxId(id))),
            Self::Modified(ranges) => say(Some(Code::Modified(ranges))),
        }
    }
}

impl From<Answer> for Failure {
    fn from(answer: Answer) -> Self {
        Self::Refused(answer)
    }
}

impl From<listen::Error> for Failure {
    fn from(error: listen::Error) -> Self {
        Self::Lost(error)
    }
}
