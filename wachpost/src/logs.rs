//! The log: lines on standard error, for people or for programs.

use std::io;

use tracing_subscriber::EnvFilter;

use crate::config::{Log, LogFormat};

/// The variable that overrides the level.
pub(crate) const LEVEL: &str = "WACHPOST_LOG";

/// What somebody else's name server answers is no trouble of ours: we say ourselves what it leads to.
const QUIET: &str = "hickory_net=error,hickory_resolver=error,hickory_proto=error";

/// Begins to log as configured; [`LEVEL`] overrides the level, also per crate, such as `info,imap=debug`.
pub(crate) fn begin(log: &Log) {
    let wanted = std::env::var(LEVEL).ok();
    let filter = wanted
        .and_then(|wanted| EnvFilter::try_new(wanted).ok())
        .unwrap_or_else(|| EnvFilter::new(format!("{},{QUIET}", log.level.as_str())));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    // Failure means that a log has begun already, which is as good.
    let _ = match log.format {
        LogFormat::Text => builder.with_ansi(false).try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
}
