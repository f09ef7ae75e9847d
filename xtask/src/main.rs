//! The project's automation: checks, tests, demonstration, measurements.
//!
//! `cargo xtask help` lists what it can do. It is a program of the developers, never shipped, and the only place beside
//! `.ci/run` that knows how the parts are checked together.

#![expect(
    clippy::print_stdout,
    reason = "what a command finds out belongs on standard output"
)]

mod test;

mod fields;
mod layers;
mod standards;

mod audit;
mod bench;
mod demo;
mod fuzz;
mod soak;
mod start_order;
mod web;

mod beside;
mod processes;
mod report;
mod rust_text;
mod tools;
mod tree;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

/// Builds, checks, tests, shows and measures Wachpost.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Invocation {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run every check and test, cheapest first.
    Test(test::Options),
    /// Build the server and start it with a filled example organisation.
    Demo(demo::Options),
    /// Build the web client, which the server carries inside itself.
    Web(web::Options),
    /// Build for release and run the measuring programs.
    Bench(bench::Options),
    /// Write down which functions run at the server's start, for the linker.
    StartOrder(start_order::Options),
    /// Let clients of every protocol work on one server for an hour.
    Soak(soak::Options),
    /// Run the fuzz targets for a while.
    Fuzz(fuzz::Options),
    /// Check the crate and module rules of `xtask/layers.toml`.
    Layers(layers::Options),
    /// Check and list the standards cited in the sources.
    Standards(standards::Options),
    /// Check that each log field is described in `docs/log-fields.md`.
    Fields(fields::Options),
    /// Ask the advisory database about our dependencies; needs the network.
    Audit(audit::Options),
}

fn main() -> ExitCode {
    let invocation = Invocation::parse();
    match run(invocation.command) {
        Ok(code) => code,
        Err(error) => {
            println!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    let tree = tree::Tree::here()?;
    match command {
        Command::Test(options) => test::run(&tree, &options),
        Command::Demo(options) => demo::run(&tree, &options),
        Command::Bench(options) => bench::run(&tree, &options),
        Command::StartOrder(options) => start_order::run(&tree, &options),
        Command::Soak(options) => soak::run(&tree, &options),
        Command::Fuzz(options) => fuzz::run(&tree, &options),
        Command::Web(options) => web::run(&tree, &options),
        Command::Layers(options) => layers::run(&tree, &options),
        Command::Standards(options) => standards::run(&tree, &options),
        Command::Fields(options) => fields::run(&tree, &options),
        Command::Audit(options) => audit::run(&tree, &options),
    }
}
