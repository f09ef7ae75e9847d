//! Commands: one file for each, and what all have in common.

mod capability;
mod checkscript;
mod deletescript;
mod getscript;
mod havespace;
mod listscripts;
mod noop;
mod putscript;
mod renamescript;
mod setactive;

use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::{Command, Condition};
use crate::output::Output;

/// What the loop does after a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// Reads the next.
    Command,
    /// The same, and remembers that this one was a mistake.
    Mistake,
    /// A sign-in was refused.
    Refused,
    /// Somebody is signed in.
    SignedIn,
    /// Nobody is any more.
    SignedOut,
    /// Changes to TLS.
    StartTls,
    /// Ends the connection.
    End,
}

/// Runs a command that is allowed in this state, and answers it.
pub(crate) async fn run(
    client: &mut Client,
    out: &mut Output,
    command: Command<'_>,
) -> Result<Next, listen::Error> {
    let answer = match command {
        Command::Logout => {
            // RFC 5804 2.3: OK, and then the server closes.
            finish(out, Ok(Answer::ok("Until next time")))?;
            return Ok(Next::End);
        }
        Command::StartTls => return Ok(start_tls(client, out)),
        Command::Unauthenticate => {
            // RFC 5804 2.14.1: back to the state after the greeting.
            client.user = None;
            finish(out, Ok(Answer::ok("Signed out")))?;
            return Ok(Next::SignedOut);
        }
        Command::Capability => Ok(capability::run(client, out)),
        Command::Noop { tag } => Ok(noop::run(tag.map(std::borrow::Cow::into_owned))),
        Command::HaveSpace { name, octets } => havespace::run(client, &name, octets).await,
        Command::PutScript { name, script } => {
            putscript::run(client, &name, script.into_owned()).await
        }
        Command::ListScripts => listscripts::run(client, out).await,
        Command::SetActive { name } => setactive::run(client, &name).await,
        Command::GetScript { name } => getscript::run(client, out, &name).await,
        Command::DeleteScript { name } => deletescript::run(client, &name).await,
        Command::RenameScript { name, new_name } => {
            renamescript::run(client, &name, &new_name).await
        }
        Command::CheckScript { script } => checkscript::run(&script),
        // This one is done by the loop.
        Command::Authenticate { .. } => Err(Answer::no("Not in this state").into()),
    };
    finish(out, answer)
}

/// Writes the answer.
pub(crate) fn finish(
    out: &mut Output,
    answer: Result<Answer, Failure>,
) -> Result<Next, listen::Error> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(Failure::Refused(answer)) => answer,
        Err(Failure::Bye(text)) => {
            out.encoder().answer(Condition::Bye, None, text);
            return Ok(Next::End);
        }
        Err(Failure::Lost(error)) => return Err(error),
    };
    answer.encode(&mut out.encoder());
    Ok(Next::Command)
}

/// The same for a sign-in.
pub(crate) fn finish_sign_in(
    out: &mut Output,
    answer: Result<Answer, Failure>,
) -> Result<Next, listen::Error> {
    let let_in = answer.is_ok();
    Ok(match finish(out, answer)? {
        Next::Command if let_in => Next::SignedIn,
        Next::Command => Next::Refused,
        next => next,
    })
}

fn start_tls(client: &Client, out: &mut Output) -> Next {
    if client.settings.starttls && out.connection.can_start_tls() {
        Answer::ok("Begin TLS now").encode(&mut out.encoder());
        Next::StartTls
    } else {
        Answer::no("There is no TLS to start").encode(&mut out.encoder());
        Next::Mistake
    }
}
