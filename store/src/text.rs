//! What is searched in: the words of an email, and questions about them.

use std::sync::Arc;

use model::AccountId;

/// The searchable text of one email, decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchText {
    /// Names and addresses of `From`.
    pub from: String,
    /// Names and addresses of `To`.
    pub to: String,
    /// Names and addresses of `Cc`.
    pub cc: String,
    /// Names and addresses of `Bcc`.
    pub bcc: String,
    /// `Subject`.
    pub subject: String,
    /// Text of its parts, HTML without its markup, names of its attachments.
    pub body: String,
}

impl SearchText {
    /// Octets of all fields together.
    #[must_use]
    pub fn octets(&self) -> usize {
        [
            &self.from,
            &self.to,
            &self.cc,
            &self.bcc,
            &self.subject,
            &self.body,
        ]
        .iter()
        .map(|text| text.len())
        .sum()
    }
}

/// Gets the searchable text out of a message's bytes; the engine calls it when it indexes what was
/// committed before it started, or when the index is made anew.
pub type Extract = Arc<dyn Fn(&[u8]) -> SearchText + Send + Sync>;

/// Where to look for words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Header and body.
    Any,
    /// The body.
    Body,
    /// `Subject`.
    Subject,
    /// `From`.
    From,
    /// `To`.
    To,
    /// `Cc`.
    Cc,
    /// `Bcc`.
    Bcc,
}

/// All words of `text` must begin a word of the field; case and accents do not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextQuery {
    /// In whose mail.
    pub account: AccountId,
    /// Where.
    pub field: Field,
    /// The words.
    pub text: String,
}
