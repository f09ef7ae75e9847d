//! Scout: is somebody inside this Exchange, and who runs what?

mod cli;

mod problem;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Arguments::parse().run() {
        Ok(code) => code,
        Err(problem) => {
            // Standard error may be closed; the exit code says it all the same.
            let _ = writeln!(std::io::stderr(), "scout: {problem}");
            ExitCode::FAILURE
        }
    }
}
