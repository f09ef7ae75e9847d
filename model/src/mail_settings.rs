//! How mail to a principal goes on, who may write in its name, and what is copied to an archive.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::PrincipalId;

/// Who may write to a list. New ways are added at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Posting {
    /// Everybody.
    #[default]
    Everybody,
    /// Those who signed in here.
    Inside,
    /// Its members.
    Members,
    /// Those who are named.
    Named,
}

/// Somebody who writes to a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Poster {
    /// A person of ours, or whoever is in that group.
    Here(PrincipalId),
    /// An address elsewhere, in lower case.
    Elsewhere(String),
}

/// What makes a group a distribution list.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListSettings {
    /// Who may write to it.
    pub posting: Posting,
    /// Who may, beside those: with [`Posting::Named`] nobody else.
    pub posters: Vec<Poster>,
    /// Who decides about what is written; none if nothing waits for a decision.
    pub moderators: Vec<PrincipalId>,
    /// Members who have their mail elsewhere: their addresses in lower case.
    pub outside: Vec<String>,
}

/// How somebody may write in another's name. The larger one includes the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SendRight {
    /// On its behalf: readers see who wrote (RFC 5322 3.6.2 `Sender`).
    OnBehalf,
    /// As it: readers see nobody else.
    As,
}

/// Where all mail of an account goes on to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forward {
    /// Addresses.
    pub to: Vec<String>,
    /// Whether it is delivered here all the same.
    pub keep: bool,
}

/// How mail to a principal goes on, and who may write in its name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailSettings {
    /// For a group that is a distribution list; any other only stands for its members.
    pub list: Option<ListSettings>,
    /// Who may write in its name; none if that was never said.
    pub senders: Option<BTreeMap<PrincipalId, SendRight>>,
    /// Where its mail goes on to.
    pub forward: Option<Forward>,
}

/// Where a copy of every message goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// The domain whose mail is copied, in lower case; none for all mail.
    pub domain: Option<String>,
    /// The address that gets the copies.
    pub address: String,
}
