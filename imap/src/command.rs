//! Commands: one file for each, and what all have in common.

mod acl;
mod append;
mod capability;
mod copy;
mod create;
mod delete;
mod enable;
mod expunge;
mod fetch;
mod id;
mod jmap_access;
mod list;
pub(crate) mod login;
mod lsub;
mod metadata;
mod move_emails;
mod namespace;
mod quota;
mod rename;
mod search;
mod select;
mod sort;
mod status;
mod store;
mod subscribe;
mod thread;
mod unselect;

use crate::answer::{Answer, AnswerCode, Failure};
use crate::client::Client;
use crate::codec::{Code, Command, Condition};
use crate::output::Output;
use crate::session::{Expunges, expunges_after};
use crate::updates;

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
    /// Changes to compression.
    Compress,
    /// Ends the connection.
    End,
}

/// Runs a command that is allowed in this state, and answers it.
pub(crate) async fn run(
    client: &mut Client,
    out: &mut Output,
    tag: &str,
    command: Command<'_>,
) -> Result<Next, listen::Error> {
    client.enabled.note(&command);
    match command {
        Command::Logout => {
            // RFC 9051 6.1.3: BYE before the answer.
            out.encoder()
                .untagged(Condition::Bye, None, "Until next time");
            finish(out, tag, Ok(Answer::ok("LOGOUT completed")))?;
            Ok(Next::End)
        }
        Command::StartTls => Ok(start_tls(client, out, tag)),
        Command::Compress(mechanism) => Ok(compress(out, tag, mechanism)),
        Command::Unauthenticate => {
            // RFC 8437 3: back to the state after the greeting.
            client.user = None;
            client.selected = None;
            client.enabled = crate::session::Enabled::default();
            finish(out, tag, Ok(Answer::ok("UNAUTHENTICATE completed")))?;
            Ok(Next::SignedOut)
        }
        Command::Login { user, password } => {
            let answer = login::run(client, out, &user, password.expose()).await;
            finish_sign_in(out, tag, answer)
        }
        command => {
            let expunges = expunges_after(&command);
            let tells = tells_updates(&command);
            let mut answer = Box::pin(dispatch(client, out, tag, command)).await;
            if tells && !matches!(answer, Err(Failure::Bye(_) | Failure::Lost(_))) {
                answer = with_updates(client, out, expunges, answer).await;
            }
            finish(out, tag, answer)
        }
    }
}

/// Tells what happened meanwhile, before the answer.
async fn with_updates(
    client: &mut Client,
    out: &mut Output,
    expunges: Expunges,
    answer: Result<Answer, Failure>,
) -> Result<Answer, Failure> {
    updates::after(client, out, expunges).await?;
    answer
}

/// Writes the answer, or what ends the session.
pub(crate) fn finish(
    out: &mut Output,
    tag: &str,
    answer: Result<Answer, Failure>,
) -> Result<Next, listen::Error> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(Failure::Refused(answer)) => answer,
        Err(Failure::Bye(text)) => {
            out.encoder().untagged(Condition::Bye, None, text);
            return Ok(Next::End);
        }
        Err(Failure::Lost(error)) => return Err(error),
    };
    answer.encode(tag, &mut out.encoder());
    Ok(match (&answer.condition, &answer.code) {
        (Condition::Bad, _) => Next::Mistake,
        (Condition::Ok, AnswerCode::Capability(_)) => Next::SignedIn,
        _ => Next::Command,
    })
}

/// The same for commands that sign in: each that fails counts, whatever the reason.
pub(crate) fn finish_sign_in(
    out: &mut Output,
    tag: &str,
    answer: Result<Answer, Failure>,
) -> Result<Next, listen::Error> {
    Ok(match finish(out, tag, answer)? {
        Next::Command => Next::Refused,
        next => next,
    })
}

/// Whether news of the selected mailbox come with the answer; after a change of the mailbox there are none.
fn tells_updates(command: &Command<'_>) -> bool {
    !matches!(
        command,
        Command::Select(_) | Command::Examine(_) | Command::Close | Command::Unselect
    )
}

/// The code that names the last change after messages went (RFC 7162 3.2.7), for those who can make use of it.
fn highest(client: &Client) -> AnswerCode {
    let latest = client
        .selected
        .as_ref()
        .and_then(|selected| selected.latest());
    match latest {
        Some(view) if client.enabled.condstore => {
            AnswerCode::Plain(Code::HighestModSeq(crate::words::mod_seq(view.until())))
        }
        _ => AnswerCode::None,
    }
}

/// RFC 9051 6.3.3: a mailbox selected with EXAMINE is not changed.
fn writable(client: &mut Client) -> Result<(), Failure> {
    if client.selected()?.read_only {
        Err(Answer::no(Code::Cannot, "The mailbox is selected read-only").into())
    } else {
        Ok(())
    }
}

async fn dispatch(
    client: &mut Client,
    out: &mut Output,
    tag: &str,
    command: Command<'_>,
) -> Result<Answer, Failure> {
    match command {
        Command::Capability => Ok(capability::run(client, out)),
        Command::Noop | Command::Check => Ok(Answer::ok("Completed")),
        Command::Id(fields) => Ok(id::run(out, &fields)),
        Command::Enable(names) => Ok(enable::run(client, out, &names)),
        Command::Select(select) => select::run(client, out, select, false).await,
        Command::Examine(select) => select::run(client, out, select, true).await,
        Command::Create { mailbox, uses } => create::run(client, &mailbox, &uses).await,
        Command::Delete(mailbox) => delete::run(client, &mailbox).await,
        Command::Rename { from, to } => rename::run(client, &from, &to).await,
        Command::Subscribe(mailbox) => subscribe::run(client, &mailbox, true).await,
        Command::Unsubscribe(mailbox) => subscribe::run(client, &mailbox, false).await,
        Command::List(list) => list::run(client, out, &list).await,
        Command::Lsub { reference, pattern } => lsub::run(client, out, &reference, &pattern).await,
        Command::Namespace => Ok(namespace::run(out)),
        Command::GetJmapAccess => jmap_access::run(client, out),
        Command::Status { mailbox, items } => status::run(client, out, &mailbox, &items).await,
        Command::Append(append) => append::run(client, append).await,
        Command::SetAcl(change) => acl::set(client, &change).await,
        Command::DeleteAcl {
            mailbox,
            identifier,
        } => acl::delete(client, &mailbox, &identifier).await,
        Command::GetAcl(mailbox) => acl::get(client, out, &mailbox).await,
        Command::ListRights {
            mailbox,
            identifier,
        } => acl::list_rights(client, out, &mailbox, &identifier).await,
        Command::MyRights(mailbox) => acl::my_rights(client, out, &mailbox).await,
        Command::GetQuota(root) => quota::get(client, out, &root).await,
        Command::GetQuotaRoot(mailbox) => quota::root(client, out, &mailbox).await,
        Command::SetQuota(_) => quota::set(),
        Command::GetMetadata(get) => metadata::get(client, out, &get).await,
        Command::SetMetadata(set) => metadata::set(client, &set).await,
        Command::Close => unselect::close(client).await,
        Command::Unselect => Ok(unselect::run(client)),
        Command::Expunge { uids } => expunge::run(client, out, uids.as_ref()).await,
        Command::Search(search) => search::run(client, out, tag, &search).await,
        Command::Sort(sort) => sort::run(client, out, tag, &sort).await,
        Command::Thread(thread) => thread::run(client, out, &thread).await,
        Command::Fetch(fetch) => fetch::run(client, out, &fetch).await,
        Command::Store(store) => store::run(client, out, &store).await,
        Command::Copy { by, set, mailbox } => copy::run(client, out, by, &set, &mailbox).await,
        Command::Move { by, set, mailbox } => {
            move_emails::run(client, out, by, &set, &mailbox).await
        }
        // These are done by whoever calls.
        Command::Logout
        | Command::StartTls
        | Command::Compress(_)
        | Command::Unauthenticate
        | Command::Login { .. }
        | Command::Authenticate { .. }
        | Command::Idle => Err(Answer::bad("Not in this state").into()),
    }
}

fn start_tls(client: &Client, out: &mut Output, tag: &str) -> Next {
    if client.settings.starttls && out.connection.can_start_tls() {
        Answer::ok("Begin TLS now").encode(tag, &mut out.encoder());
        Next::StartTls
    } else {
        Answer::bad("There is no TLS to start").encode(tag, &mut out.encoder());
        Next::Mistake
    }
}

fn compress(out: &mut Output, tag: &str, mechanism: &str) -> Next {
    if !mechanism.eq_ignore_ascii_case("DEFLATE") {
        Answer::bad("Only DEFLATE is known").encode(tag, &mut out.encoder());
        return Next::Mistake;
    }
    if out.connection.is_compressed() {
        // RFC 4978 3: COMPRESSIONACTIVE.
        Answer::no(Code::CompressionActive, "It is compressed already")
            .encode(tag, &mut out.encoder());
        return Next::Command;
    }
    Answer::ok("DEFLATE active").encode(tag, &mut out.encoder());
    Next::Compress
}
