//! `IDLE` (RFC 2177, RFC 9051 6.3.13): tells what happens while the client waits.

use groupware::Watch;

use super::Lost;
use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::command::{self, Next};
use crate::output::Output;
use crate::session::Expunges;
use crate::updates;

/// Waits for `DONE`, and tells the client what others do to the selected mailbox.
pub(super) async fn run(client: &mut Client, out: &mut Output, tag: &str) -> Result<Next, Lost> {
    out.encoder().continuation("Idling");
    let answer = wait(client, out).await;
    command::finish(out, tag, answer)
}

async fn wait(client: &mut Client, out: &mut Output) -> Result<Answer, Failure> {
    let user = client.user()?;
    let account = match &client.selected {
        Some(selected) => selected.place.account,
        None => user.account,
    };
    // Watch first, then look: so nothing is missed in between.
    let mut watch = user.groupware.watch(&user.caller, account).await?;
    let mut directory = user.groupware.watch_directory();
    let stopping = out.connection.stopping();
    let timeout = client.settings.idle_timeout;
    loop {
        user.still_welcome().await?;
        updates::after(client, out, Expunges::Told).await?;
        out.flush().await?;
        // All of them are cancellation-safe: a line that is not whole yet stays in the buffer, and a change is told again.
        tokio::select! {
            line = out.connection.line(LINE_OCTETS_MAX, timeout) => return done(line),
            watched = changed(&mut watch, client) => if !watched {
                return Err(Failure::Bye("The server is shutting down"));
            },
            // Whoever may not stay does not wait until there is something to tell.
            watched = directory.changed() => if watched.is_none() {
                return Err(Failure::Bye("The server is shutting down"));
            },
            () = stopping.cancelled() => return Err(Failure::Bye("The server is shutting down")),
        }
    }
}

/// Waits for a change of the account; without a selected mailbox nothing can be told of, so forever.
async fn changed(watch: &mut Watch, client: &Client) -> bool {
    if client.selected.is_none() {
        return std::future::pending().await;
    }
    watch.changed().await.is_some()
}

fn done(line: Result<Vec<u8>, Lost>) -> Result<Answer, Failure> {
    match line {
        Ok(line) if line.trim_ascii().eq_ignore_ascii_case(b"DONE") => {
            Ok(Answer::ok("IDLE completed"))
        }
        Ok(_) => Err(Answer::bad("DONE was expected").into()),
        Err(listen::Error::TooLong { .. }) => Err(Failure::Bye("DONE was expected")),
        Err(listen::Error::TimedOut) => Err(Failure::Bye("Silent for too long")),
        Err(error) => Err(error.into()),
    }
}

/// `DONE` and its line end, with room for a client that errs.
const LINE_OCTETS_MAX: usize = 1_024;
