//! The words between the serving process and the egress process: typed requests and answers in frames.
//!
//! One Unix stream socket carries many conversations at once. Each begins with a [`Request`] under a number of its
//! own, followed by the octets that belong to it (a message, the body of an HTTP request), and ends with a
//! [`Response`], again followed by octets. The first frame of all is the [`Setup`]. Encoding is postcard's; both ends
//! are always the same program, so nothing here must be understood by another version.

mod delivery;
mod frame;
mod http;
mod probe;
mod question;
mod request;
mod setup;
mod update;

pub use delivery::{
    Credentials, Delivered, Delivery, Failure, Host, HostTls, MessageTls, Needed, PolicyType,
    Recipient, RecipientResult, Route, SmtpReply, TlsObservation, TlsResult, Why,
};
pub use frame::{
    BODY_OCTETS_MAX, DATA_OCTETS_MAX, FRAME_OCTETS_MAX, Frame, FrameError, Head, Id, fuzz,
};
pub use http::{HttpRequest, HttpResponse, Method, Redirects};
pub use probe::{Probe, ProbeResult, Probed};
pub use question::{Answer, Existence, Kind, Question, Record, Secure};
pub use request::{Arrival, Failed, Request, Response, Status};
pub use setup::{Allowed, AllowedError, Dnssec, Endpoint, ScannerAt, Setup};
pub use update::{Change, TsigKey, Update};

pub(crate) use frame::{FrameReader, FrameWriter, pieces};

/// Requests for a delivery that may be under way at once. Each may wait minutes for its peer.
pub const DELIVERIES_MAX: usize = 1_024;

/// Other requests that may be under way at once.
pub const QUESTIONS_MAX: usize = 1_024;

/// Octets of what the egress process remembers of other domains, and gets back at its next start.
pub const MEMORY_OCTETS_MAX: usize = 16 * 1024 * 1024;

/// Octets of messages that may be under way at once for deliveries, and as many again for other requests. A larger
/// message travels alone.
pub const OCTETS_IN_FLIGHT_MAX: usize = 64 * 1024 * 1024;
