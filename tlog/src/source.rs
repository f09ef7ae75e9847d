//! Sources: where tiles and checkpoints come from, and who cosigns.

use std::fmt;

use seal::{Signature, Submission, Tile, TileId, Unfit};

/// The log that is shown. Calls block.
pub trait Log: Send + Sync + fmt::Debug {
    /// The newest signed checkpoint, as a note, with those cosignatures that are known; none before the first.
    ///
    /// # Errors
    /// It cannot be read.
    fn checkpoint(&self) -> Result<Option<String>, Failure>;

    /// The first hashes of a tile; none if the tree has not as many there.
    ///
    /// # Errors
    /// It cannot be read.
    fn tile(&self, id: TileId, width: usize) -> Result<Option<Tile>, Failure>;
}

/// Who cosigns the checkpoints of other logs. Calls block.
pub trait Witness: Send + Sync + fmt::Debug {
    /// Checks the submission against what was cosigned last of that log, remembers it durably, and cosigns, in one step: no other
    /// submission comes in between.
    ///
    /// # Errors
    /// [`Refusal`].
    fn cosign(&self, submission: &Submission) -> Result<Vec<Signature>, Refusal>;
}

/// The log cannot be read; the text is for the operator.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Failure(pub String);

/// Why a checkpoint is not cosigned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It may not be.
    #[error("{0}")]
    Unfit(#[from] Unfit),
    /// Not now; the text is for the operator.
    #[error("{0}")]
    Unavailable(String),
}
