//! The administration face: what an administrator asks for on the server's own machine, and what monitoring reads.
//!
//! A [`Request`] says what is wanted, [`execute()`] does it, a [`Reply`] says what came of it; the command line shows it.
//! The same function does the work whether a server runs (then the request travels over the Unix socket in the data
//! folder, [`converse`] on the one side and [`Client`] on the other) or not (then the command opens the data folder
//! itself). Whoever can open the socket is the user the server runs as, so every request is allowed.
//!
//! The HTTP listener for monitoring ([`http::router`]) answers `/metrics` in the text format of Prometheus and `/healthz`; it
//! changes nothing. The one for administrators' browsers ([`http::api`]) takes the same requests from people who signed in and
//! administer the server: what they do stands in the journal under their name.
//!
//! **Invariants.** Every frame has a bound with a name. Whatever is changed stands in the journal with face `admin` and a
//! session number of the one request. A password is nowhere but in the request or the reply that carries it.
//!
//! **Does not:** touch the store or files (what needs them comes in as [`Storage`]), print, or read a clock of its own.

mod request;

mod reply;

mod error;

mod password;

mod octets;

pub mod moment;

mod services;

mod surroundings;

mod execute;

mod words;

mod frame;

mod socket;

mod client;

mod metrics;

pub mod http;

pub use client::{CallError, Client};
pub use error::{Failure, Kind};
pub use execute::execute;
pub use frame::{FRAME_OCTETS_MAX, fuzz};
pub use metrics::{Family, Metrics, Sample, Type};
pub use octets::Octets;
pub use password::Password;
pub use reply::{
    AccessLine, AccountInfo, Added, AliasInfo, AppPasswordLine, CertificateLine, CheckpointInfo,
    CollectionLine, CredentialLine, DeputyLine, DestroyedLine, DiskInfo, DomainInfo,
    ExportedMessage, ExportedMessages, ExportedObject, ExportedObjects, FindingLine, ForwardInfo,
    HealthInfo, HistoryInfo, JournalLine, JournalPage, JudgementInfo, KeyLine, LayerInfo, ListInfo,
    ListenerInfo, MailboxLine, ObjectOutcome, PendingLine, PostureInfo, PrincipalPage,
    ProcessPosture, QueueItemInfo, QueueLine, QueuePage, QueueRecipientLine, RecordLine, Reply,
    SayingLine, ScriptLine, SenderLine, ServiceLine, SetUpInfo, ShareLine, StatusInfo,
    VacationInfo, VersionLine, Who, WitnessInfo,
};
pub use request::account::{Access, AccountRequest, Sort};
pub use request::app_password::AppPasswordRequest;
pub use request::collection::{CollectionName, CollectionRequest};
pub use request::credential::CredentialRequest;
pub use request::deeds::DeedsRequest;
pub use request::filter::{SieveRequest, VacationRequest};
pub use request::group::{GroupRequest, ListChange, ListPart};
pub use request::journal::{Actors, JournalRequest};
pub use request::mail::{ImportedMessage, MailRequest};
pub use request::object::{ImportedObject, ObjectRequest};
pub use request::queue::{QueueCursor, QueueFilter, QueueName, QueueRequest};
pub use request::resource::ResourceRequest;
pub use request::set_up::SetUpRequest;
pub use request::{AliasRequest, DomainRequest, IMPORT_MESSAGES_MAX, IMPORT_OBJECTS_MAX, Request};
pub use services::{
    By, JournalEntry, Locks, Progress, Report, Services, Sizes, Storage, Witnesses,
};
pub use socket::{ADMIN_SOCKET_FILE, converse};
pub use surroundings::{Later, Surroundings};
