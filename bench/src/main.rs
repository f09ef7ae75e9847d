//! Wachpost's own benchmarks, run by `cargo xtask bench`.
//!
//! Prints rates, CPU and bytes beside those of a bare log on the same disk in the same minute: shares hold,
//! absolute rates do not.

mod engine;

mod meter;

use clap::{Parser, Subcommand};

/// Measures Wachpost's parts.
#[derive(Debug, Parser)]
#[command(after_help = "Example: cargo xtask bench engine --writers 16")]
struct Arguments {
    #[command(subcommand)]
    workload: Workload,
}

#[derive(Debug, Subcommand)]
enum Workload {
    /// Durable commits of 8 KB messages by many writers, beside a bare append+fdatasync of the same bytes.
    Engine(engine::Arguments),
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().workload {
        Workload::Engine(arguments) => engine::run(&arguments),
    }
}
