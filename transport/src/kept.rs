//! What is kept over a restart although no journal holds it: counts and tallies, which are passing, and policies of other domains.
//!
//! They are written as a whole, now and then, and never for one message. What a graceful stop loses is nothing; what a kill
//! loses is said at [`crate::Keeping`].

use std::fmt;
use std::io;

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kept {
    /// How much each sender sent within the last day.
    SenderCounts,
    /// What came in the names of other domains today.
    DmarcTally,
    /// What was seen of TLS on the way to other domains today.
    TlsTally,
    /// Policies that other domains published for their mail (RFC 8461).
    StsPolicies,
}

impl Kept {
    /// All.
    pub const ALL: [Self; 4] = [
        Self::SenderCounts,
        Self::DmarcTally,
        Self::TlsTally,
        Self::StsPolicies,
    ];

    /// The name of its file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SenderCounts => "sender-counts",
            Self::DmarcTally => "dmarc-tally",
            Self::TlsTally => "tls-tally",
            Self::StsPolicies => "sts-policies",
        }
    }

    /// Octets that it has at most: twice what the bounds of the tallies lead to.
    #[must_use]
    pub fn octets_max(self) -> usize {
        const MIB: usize = 1024 * 1024;
        match self {
            Self::SenderCounts => 64 * MIB,
            Self::DmarcTally | Self::TlsTally => 256 * MIB,
            Self::StsPolicies => egress::wire::MEMORY_OCTETS_MAX,
        }
    }
}

/// Where it is kept. Calls block.
pub trait Keeper: Send + Sync + fmt::Debug {
    /// What was written last; none if nothing ever was.
    ///
    /// # Errors
    /// It cannot be read, or is larger than [`Kept::octets_max`].
    fn read(&self, kept: Kept) -> io::Result<Option<Vec<u8>>>;

    /// Replaces it as a whole: after a crash there is what was before, or this.
    ///
    /// # Errors
    /// It cannot be written; what was before is still there.
    fn write(&self, kept: Kept, octets: &[u8]) -> io::Result<()>;
}

/// Something that is kept.
pub(crate) trait Keepsake: Send + Sync {
    /// The state, if it is another than when it was asked for last.
    fn changed(&self) -> Option<Vec<u8>>;

    /// Takes over what was kept; false if that cannot be read.
    fn restore(&self, octets: &[u8], now_s: i64) -> bool;
}
