//! Surroundings: what administration needs of the machine and of the world around it, which only the program knows.

use std::fmt;
use std::pin::Pin;

use crate::reply::{CertificateLine, DiskInfo, SetUpInfo};
use crate::{Failure, SetUpRequest};

/// What is answered in time.
pub type Later<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// The machine, and the world as far as the process that connects out sees it.
pub trait Surroundings: Send + Sync + fmt::Debug {
    /// Does what is asked about the set-up of a domain that is ours.
    fn set_up(&self, request: SetUpRequest) -> Later<'_, SetUpInfo>;

    /// The certificates with their ends. Blocks.
    fn certificates(&self) -> Vec<CertificateLine>;

    /// How full the disk is. Blocks.
    fn disk(&self) -> Option<DiskInfo>;

    /// Octets of memory that this process had at most.
    fn memory_octets(&self) -> Option<u64>;

    /// The server's own name.
    fn host(&self) -> String;
}
