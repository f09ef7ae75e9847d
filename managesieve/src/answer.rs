//! The end of a command: its answer, or why there is none.

use std::borrow::Cow;

use crate::codec::{Code, Condition, Encoder};

/// The answer that ends a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) condition: Condition,
    pub(crate) code: Option<Code>,
    pub(crate) text: Cow<'static, str>,
}

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
        Self::new(Condition::Ok, None, text)
    }

    pub(crate) fn ok_with(code: Code, text: &'static str) -> Self {
        Self::new(Condition::Ok, Some(code), text)
    }

    pub(crate) fn no(text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Condition::No, None, text)
    }

    pub(crate) fn no_with(code: Code, text: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Condition::No, Some(code), text)
    }

    fn new(condition: Condition, code: Option<Code>, text: impl Into<Cow<'static, str>>) -> Self {
        Self {
            condition,
            code,
            text: text.into(),
        }
    }

    /// Writes it.
    pub(crate) fn encode(&self, encoder: &mut Encoder<'_>) {
        encoder.answer(self.condition, self.code.as_ref(), &self.text);
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
