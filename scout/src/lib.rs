//! Scout: looks whether somebody is inside an Exchange server, and who runs what, from what was collected.
//!
//! `assess` reads the evidence of one server and answers with a verdict; `census` counts the servers of many. It only reads
//! what it is given: nothing here attacks, probes a hole, or reaches the network without a mandate.

pub mod assessment;

pub mod builds;

pub mod baseline;

pub mod report;

pub mod assess;

pub mod lock;

pub mod census;
