//! `wachpost account sessions` and `wachpost account second-factor`.

use admin::{CredentialLine, CredentialRequest, Reply, Request};
use clap::Args;

use crate::cli::context::{Context, unexpected};
use crate::problem::Problem;
use crate::show::{self, Table};

/// What is signed in for a person.
#[derive(Debug, Args)]
pub(crate) struct Sessions {
    /// Whose.
    address: String,
    /// End this one, by the number that the list shows.
    #[arg(long, value_name = "NUMBER", conflicts_with = "end_all")]
    end: Option<u32>,
    /// End all of them.
    #[arg(long)]
    end_all: bool,
}

/// What a person shows beside the password.
#[derive(Debug, Args)]
pub(crate) struct SecondFactor {
    /// Whose.
    address: String,
    /// Remove this one, by the number that the list shows.
    #[arg(long, value_name = "NUMBER", conflicts_with = "reset")]
    remove: Option<u32>,
    /// Remove all of them, and the recovery codes: the password alone is enough again.
    #[arg(long)]
    reset: bool,
}

impl Sessions {
    pub(super) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let Self {
            address,
            end,
            end_all,
        } = self;
        if let Some(id) = end {
            return remove(address, id, |line| line.is_session, context);
        }
        if end_all {
            let done = format!("sessions of `{address}` are ended");
            return count(CredentialRequest::SignOut { address }, &done, context);
        }
        let known = list(address, context, |line| line.is_session)?;
        context.show(&known, |known| {
            let mut table = Table::new(&[
                "NUMBER", "WHAT", "LABEL", "FOR", "SINCE", "LAST USE", "FROM",
            ]);
            for line in known {
                table.row([
                    line.id.to_string(),
                    line.kind.clone(),
                    line.label.clone(),
                    line.protocols.join(", "),
                    line.created_at.clone(),
                    or(line.last_used_at.as_ref(), "never"),
                    or(line.last_used_from.as_ref(), ""),
                ]);
            }
            table.show("nothing is signed in");
        });
        Ok(())
    }
}

impl SecondFactor {
    pub(super) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let Self {
            address,
            remove: one,
            reset,
        } = self;
        if let Some(id) = one {
            return remove(address, id, |line| line.is_second_factor, context);
        }
        if reset {
            let done = format!("second factors of `{address}` are removed");
            let request = CredentialRequest::ResetSecondFactors { address };
            return count(request, &done, context);
        }
        let known = list(address, context, |line| line.is_second_factor)?;
        context.show(&known, |known| {
            let mut table = Table::new(&["NUMBER", "WHAT", "LABEL", "SINCE"]);
            for line in known {
                table.row([
                    line.id.to_string(),
                    line.kind.clone(),
                    line.label.clone(),
                    line.created_at.clone(),
                ]);
            }
            table.show("no second factor: the password alone is enough");
        });
        Ok(())
    }
}

fn or(text: Option<&String>, instead: &str) -> String {
    text.cloned().unwrap_or_else(|| instead.to_owned())
}

fn list(
    address: String,
    context: &mut Context,
    is_meant: impl Fn(&CredentialLine) -> bool,
) -> Result<Vec<CredentialLine>, Problem> {
    let request = CredentialRequest::List { address };
    let Reply::Credentials(mut known) = context.ask(Request::Credential(request))? else {
        return Err(unexpected());
    };
    known.retain(is_meant);
    Ok(known)
}

/// Removes one that is of the kind that is meant: a number that is mistyped removes nothing else.
fn remove(
    address: String,
    id: u32,
    is_meant: impl Fn(&CredentialLine) -> bool,
    context: &mut Context,
) -> Result<(), Problem> {
    let known = list(address.clone(), context, is_meant)?;
    if !known.iter().any(|line| line.id == id) {
        let message = format!("`{address}` has no such number {id}: list what there is");
        return Err(Problem::failed(message));
    }
    let done = format!("number {id} of `{address}` is good for nothing any more");
    let request = CredentialRequest::Remove { address, id };
    context.ask_done(Request::Credential(request), &done)
}

fn count(request: CredentialRequest, done: &str, context: &mut Context) -> Result<(), Problem> {
    let Reply::Count(count) = context.ask(Request::Credential(request))? else {
        return Err(unexpected());
    };
    context.show(&serde_json::json!({ "count": count }), |_| {
        show::line(&format!("{count} {done}"));
    });
    Ok(())
}
