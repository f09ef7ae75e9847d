//! Health: whether the server is well, in one answer.

use serde::{Deserialize, Serialize};

use super::StatusInfo;
use super::posture::PostureInfo;

/// How the server is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthInfo {
    /// What it is and how much it holds.
    pub status: StatusInfo,
    /// How its processes are locked in; none if no server runs.
    pub posture: Option<PostureInfo>,
    /// Entries of the journal that the last signed checkpoint seals; none if there is none yet.
    pub sealed_entries: Option<u64>,
    /// The certificates.
    pub certificates: Vec<CertificateLine>,
    /// The file system that the data folder is on.
    pub disk: Option<DiskInfo>,
    /// Octets of memory that the serving process had at most.
    pub memory_octets: Option<u64>,
    /// Messages that wait to be sent, as far as they were counted.
    pub waiting: u64,
    /// Of them those that are held.
    pub held: u64,
    /// Domains, persons and others that there are.
    pub domains: u64,
}

/// A certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateLine {
    /// The file.
    pub file: String,
    /// When it ends, RFC 3339.
    pub expires_at: Option<String>,
    /// Why it cannot be read, if that is so.
    pub problem: Option<String>,
}

/// A file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiskInfo {
    /// Octets that can still be written.
    pub free_octets: u64,
    /// Octets in all.
    pub total_octets: u64,
}
