//! The URL space of WebDAV here: which path stands for what, read strictly and written in one way.

mod address;
mod percent;
mod target;

pub use address::Address;
pub use percent::encoded;
pub use target::Target;

pub(super) use percent::decode;

use super::fault::Fault;
use super::header::path_of;

/// Octets of a path as written.
pub const PATH_OCTETS_MAX: usize = 8_192;
/// Folders within folders.
pub const FOLDER_DEPTH_MAX: usize = 32;

impl Target {
    /// The place that a link in a body leads to: a path, or a URI on `host` (the value of `Host`).
    ///
    /// # Errors
    /// What [`path_of`] and [`Target::parse`] say.
    pub fn parse_href(href: &str, host: &str) -> Result<Self, Fault> {
        Self::parse(path_of(href.trim(), host)?)
    }
}

#[cfg(test)]
mod tests;
