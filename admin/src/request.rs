//! Requests: what an administrator wants, as it travels over the socket.
//!
//! Addresses are as people write them; whether they exist is found out when the request is executed.

pub(crate) mod account;
pub(crate) mod app_password;
pub(crate) mod collection;
pub(crate) mod credential;
pub(crate) mod deeds;
pub(crate) mod filter;
pub(crate) mod group;
pub(crate) mod journal;
pub(crate) mod mail;
pub(crate) mod object;
pub(crate) mod queue;
pub(crate) mod resource;
pub(crate) mod set_up;

use serde::{Deserialize, Serialize};

use account::AccountRequest;
use app_password::AppPasswordRequest;
use collection::CollectionRequest;
use credential::CredentialRequest;
use deeds::DeedsRequest;
use filter::{SieveRequest, VacationRequest};
use group::GroupRequest;
use journal::JournalRequest;
use mail::MailRequest;
use object::ObjectRequest;
use queue::QueueRequest;
use resource::ResourceRequest;
use set_up::SetUpRequest;

pub use mail::IMPORT_MESSAGES_MAX;
pub use object::IMPORT_OBJECTS_MAX;

/// What is wanted. The order of the variants is part of the encoding, which holds between one version and itself.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// How the server is. Answer: [`crate::Reply::Status`].
    Status,
    /// About domains.
    Domain(DomainRequest),
    /// About persons and shared accounts.
    Account(AccountRequest),
    /// About groups.
    Group(GroupRequest),
    /// About further addresses.
    Alias(AliasRequest),
    /// About app passwords.
    AppPassword(AppPasswordRequest),
    /// About mail in an account.
    Mail(MailRequest),
    /// What was done. Answer: [`crate::Reply::Journal`].
    Journal(JournalRequest),
    /// About messages that wait to be sent.
    Queue(QueueRequest),
    /// The last signed checkpoint. Answer: [`crate::Reply::Checkpoint`].
    Checkpoint,
    /// Makes the search index anew. Answer: [`crate::Reply::Done`].
    Reindex,
    /// About calendars and address books.
    Collection(CollectionRequest),
    /// About what is in them.
    Object(ObjectRequest),
    /// About rooms and equipment.
    Resource(ResourceRequest),
    /// About scripts that filter mail.
    Sieve(SieveRequest),
    /// About the answer of those who are away.
    Vacation(VacationRequest),
    /// How the processes of the server are locked in. Answer: [`crate::Reply::Posture`].
    Posture,
    /// About what lets persons in.
    Credential(CredentialRequest),
    /// Whether the server is well. Answer: [`crate::Reply::Health`].
    Health,
    /// About what the world has to know of a domain.
    SetUp(SetUpRequest),
    /// What was done to the directory, the latest first. Answer: [`crate::Reply::Journal`].
    Deeds(DeedsRequest),
}

/// About domains whose mail is delivered here.
#[derive(Debug, Serialize, Deserialize)]
pub enum DomainRequest {
    /// Takes one on.
    Add {
        /// Its name.
        name: String,
    },
    /// Gives one up; it must have no addresses any more.
    Remove {
        /// Its name.
        name: String,
    },
    /// All of them. Answer: [`crate::Reply::Domains`].
    List,
    /// Says who gets mail for addresses that nobody has.
    CatchAll {
        /// The domain.
        name: String,
        /// Who; none for nobody.
        address: Option<String>,
    },
    /// Has its mail copied to an archive.
    Archive {
        /// The domain; none for all mail.
        name: Option<String>,
        /// The address that gets the copies; none ends it.
        address: Option<String>,
    },
}

/// About further addresses of accounts and groups.
#[derive(Debug, Serialize, Deserialize)]
pub enum AliasRequest {
    /// Adds one.
    Add {
        /// The alias.
        alias: String,
        /// A main address or another alias of whom it shall belong to.
        address: String,
    },
    /// Removes one.
    Remove {
        /// The alias.
        alias: String,
    },
    /// Those of one principal. Answer: [`crate::Reply::Aliases`].
    List {
        /// Whose.
        address: String,
    },
}
