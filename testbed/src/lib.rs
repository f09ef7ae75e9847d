//! What tests stand on: a plain in-memory engine that serves as the model, faults, corpora, transcripts, the sync law.
//!
//! Never part of a shipped binary. Nothing here sleeps or reads a clock of its own, and what looks random comes
//! from a seed.

mod memory;

pub use memory::MemoryEngine;
