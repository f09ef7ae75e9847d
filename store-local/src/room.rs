//! Room on the disk: the store takes nothing more while there still is enough to put in order what it took.
//!
//! Without it the journal could take the last octet, and the state that readers see could not follow it: mail that was
//! acknowledged could not be read until somebody makes room.

use std::path::Path;

use store::Error;

/// Octets free, below which nothing is taken: a round of the writer, in the journal and in the state, and the logs of
/// all three files folded into them fit well.
const FREE_OCTETS_MIN: u64 = 32 * 1024 * 1024;
/// Octets free, below which the state follows the journal at once, so that little is left to follow.
const FREE_OCTETS_LOW: u64 = 4 * FREE_OCTETS_MIN;

/// How much room there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Room {
    /// Enough.
    Plenty,
    /// Enough for now.
    Low,
    /// Not enough to take anything.
    Short,
}

impl Room {
    /// How it is on the disk of this folder. Where that cannot be found out, writing will tell.
    pub(crate) fn of(folder: &Path) -> Self {
        Self::with(free_octets(folder))
    }

    fn with(free: u64) -> Self {
        match free {
            0..FREE_OCTETS_MIN => Self::Short,
            FREE_OCTETS_MIN..FREE_OCTETS_LOW => Self::Low,
            _ => Self::Plenty,
        }
    }
}

/// Refuses a file of so many octets that would leave too little room.
pub(crate) fn require(folder: &Path, octets: usize) -> Result<(), Error> {
    let octets = u64::try_from(octets).unwrap_or(u64::MAX);
    match Room::with(free_octets(folder).saturating_sub(octets)) {
        Room::Plenty | Room::Low => Ok(()),
        Room::Short => Err(short()),
    }
}

/// What is said to those whose request finds no room.
pub(crate) fn short() -> Error {
    Error::Unavailable(format!(
        "the disk is full: less than {} MiB are left",
        FREE_OCTETS_MIN >> 20
    ))
}

fn free_octets(folder: &Path) -> u64 {
    rustix::fs::statvfs(folder).map_or(u64::MAX, |disk| disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_ends_before_the_disk_does() {
        assert_eq!(Room::with(0), Room::Short);
        assert_eq!(Room::with(FREE_OCTETS_MIN - 1), Room::Short);
        assert_eq!(Room::with(FREE_OCTETS_MIN), Room::Low);
        assert_eq!(Room::with(FREE_OCTETS_LOW), Room::Plenty);
        assert_eq!(Room::of(Path::new("/no/such/folder")), Room::Plenty);
        assert!(require(Path::new("."), usize::MAX).is_err());
    }
}
