//! Transport: mail on its way to other servers, and what its senders hear of it.
//!
//! [`Queue`] sends what waits: it follows the commits of the store, keeps a compact agenda of who is to be tried when, asks
//! [`egress::Egress`] to deliver, and settles what came of it together with the notifications for the senders.
//! [`Reception`] judges what strangers bring; [`Learning`] teaches scanners by what people put into Junk.
//! [`SenderLimits`] keeps a stolen account from flooding the world.
//!
//! **Invariants.** What is accepted is delivered, or its sender is told, or an administrator took it out of the queue. What a
//! recipient's server said is durable before the message is tried again, so that a message is sent twice only if the
//! process dies between the other server's answer and that write. Attempts and back-off are made anew at the start; what is
//! counted of senders and for reports is taken over ([`Keeping`]).
//!
//! Accepts no connection and opens none; reads no clock but the one of [`groupware::Groupware`].

pub mod notification;

mod delivered_here;

mod dmarc_report;

mod daily;

mod limits;

mod kept;

mod keeping;

mod outcome;

mod learning;

mod post;

mod queue;

pub mod reception;

mod route;

mod schedule;

mod settings;

mod signer;

mod tls_report;

/// For fuzzing: feeds any octets to what reads addresses, messages and records here.
///
/// # Panics
/// If a notification made of them is not what it promises to be.
pub fn fuzz(input: &[u8]) {
    notification::fuzz(input);
    tls_report::fuzz(input);
}

pub use delivered_here::{DeliveredHere, report_delivered};
pub use dmarc_report::DmarcReports;
pub use keeping::Keeping;
pub use kept::{Keeper, Kept};
pub use learning::{LESSON_OCTETS_MAX, Learning};
pub use limits::{SenderLimitSettings, SenderLimits};
pub use queue::{Counters, Outside, Queue, Reading};
pub use reception::Reception;
pub use route::{Hop, RouteTable};
pub use schedule::Schedule;
pub use settings::{Concurrency, Reporter, Routes, Settings};
pub use signer::{NoSigner, Signer};
