//! Posture: how the processes of the server are locked in, as it really is on this machine.

use serde::{Deserialize, Serialize};

/// All processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostureInfo {
    /// The kernel's name and release.
    pub kernel: String,
    /// Whether the server refuses to run where a layer is missing.
    pub required: bool,
    /// Whether no layer is missing.
    pub complete: bool,
    /// Each process.
    pub processes: Vec<ProcessPosture>,
}

/// One process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessPosture {
    /// `serve`, `egress`, `notary` or `starter`.
    pub process: String,
    /// Its layers.
    pub layers: Vec<LayerInfo>,
}

/// One layer of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerInfo {
    /// What it is about, such as `files` or `system-calls`.
    pub layer: String,
    /// Whether the kernel enforces it.
    pub on: bool,
    /// By what, in which version; or why not.
    pub detail: String,
}
