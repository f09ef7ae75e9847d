//! Observers: who hears of every message whose authenticity was checked, such as the reports to domains.

use std::fmt::Debug;

use authenticity::{Policy, Verdict};

use super::decision::Decision;
use super::dmarc::{Reason, Wish};
use super::envelope::Envelope;

/// Hears of messages. Called on the way of each message, so it must be quick.
pub trait Observer: Debug + Send + Sync {
    /// A message was judged.
    fn judged(&self, judged: &Judged<'_>);
}

/// A message and what was done with it.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    /// Who brought it.
    pub envelope: &'a Envelope,
    /// What the checks say.
    pub verdict: &'a Verdict,
    /// What was done in the sense of DMARC (RFC 7489 7.2, `disposition`).
    pub applied: Policy,
    /// Why that is not what the domain wants, or nothing.
    pub overridden: Option<Override>,
}

/// Why a domain's policy was not applied (RFC 7489 appendix C, `PolicyOverrideType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Override {
    /// `forwarded`.
    Forwarded,
    /// `mailing_list`.
    MailingList,
    /// `local_policy`.
    LocalPolicy,
    /// `trusted_forwarder`.
    TrustedForwarder,
}

impl<'a> Judged<'a> {
    pub(super) fn new(
        envelope: &'a Envelope,
        verdict: &'a Verdict,
        wish: Wish,
        decision: &Decision,
    ) -> Self {
        let wanted = verdict.dmarc.disposition;
        let (applied, overridden) = match wish {
            Wish::Nothing => (Policy::None, None),
            Wish::Reject => (Policy::Reject, None),
            Wish::Junk if matches!(decision, Decision::Take(_)) && wanted == Policy::Reject => {
                (Policy::Quarantine, Some(Override::MailingList))
            }
            Wish::Junk => (Policy::Quarantine, None),
            Wish::Overridden(Reason::Forwarder) => (Policy::None, Some(Override::TrustedForwarder)),
            Wish::Overridden(Reason::Sealed) => (Policy::None, Some(Override::Forwarded)),
            Wish::Overridden(Reason::Settings) => (Policy::None, Some(Override::LocalPolicy)),
        };
        Self {
            envelope,
            verdict,
            applied,
            overridden,
        }
    }
}
