//! Wachpost: the server and the commands of its administrator, in one program.

mod problem;

mod config;

mod clock;

mod logs;

mod notary;

mod sandbox;

mod starter;

mod posture;

mod grants;

mod probe;

mod dkim;

mod storage;

mod open;

mod runtime;

mod egress;

mod keeper;

mod progress;

mod reach;

mod show;

mod init;

mod serve;

mod layout;

mod import;

mod export;

mod services;

mod acme;

mod dns;

mod mta_sts;

mod push;

mod witness;

mod doctor;

mod demo;

mod cli;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

/// Gives large blocks back to the system: what one Argon2 run needs, glibc would keep once per thread.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(problem) => {
            // Standard error may be closed; the exit code says it all the same.
            let _ = writeln!(std::io::stderr(), "wachpost: {problem}");
            problem.exit.into()
        }
    }
}

/// A function of its own, so that what a command needs of the stack is not there while another runs.
fn run() -> Result<ExitCode, problem::Problem> {
    match cli::Staying::asked() {
        Some(staying) => staying.run(),
        None => cli::Arguments::parse().run(),
    }
}
