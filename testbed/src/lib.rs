//! What tests stand on: a plain in-memory engine that serves as the model, faults, corpora, transcripts, the sync law.
//!
//! Never part of a shipped binary. Nothing here sleeps or reads a clock of its own, and what looks random comes
//! from a seed.

mod memory;

mod faulty;

mod sync_law;

pub mod transcript;

mod drip;

mod seeded;

pub mod corpus;

pub use drip::{drip, splits};
pub use faulty::{Faults, Faulty, fail_each};
pub use memory::MemoryEngine;
pub use seeded::Seeded;
pub use sync_law::sync_law;
