//! `GETQUOTA`, `GETQUOTAROOT` and `SETQUOTA` (RFC 9208): one root for each account.

use model::AccountId;

use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::{Code, Mailbox, QuotaResource, QuotaUsage};
use crate::names;
use crate::output::Output;
use crate::user::User;

/// RFC 9208 3.1.1, STORAGE: units of 1,024 octets.
const UNIT_OCTETS: u64 = 1_024;

pub(super) async fn get(client: &Client, out: &mut Output, root: &str) -> Result<Answer, Failure> {
    let user = client.user()?;
    let accounts = user.groupware.accounts(&user.caller).await?;
    let account = accounts
        .iter()
        .find(|shared| root_of(&user, shared.account, &shared.principal.address) == root)
        .map(|shared| shared.account);
    let told = match account {
        Some(account) => tell(&user, out, root, account).await?,
        None => false,
    };
    if told {
        Ok(Answer::ok("GETQUOTA completed"))
    } else {
        Err(Answer::no(Code::NonExistent, "No such quota root").into())
    }
}

pub(super) async fn root(
    client: &Client,
    out: &mut Output,
    mailbox: &Mailbox<'_>,
) -> Result<Answer, Failure> {
    let user = client.user()?;
    let named = names::find(&user, mailbox).await?;
    let quota = user.groupware.quota(&user.caller, named.account).await?;
    let principal = user
        .groupware
        .accounts(&user.caller)
        .await?
        .into_iter()
        .find(|shared| shared.account == named.account);
    let root = principal
        .map(|shared| root_of(&user, shared.account, &shared.principal.address).to_owned())
        .filter(|_| quota.limit_octets.is_some());
    // RFC 9208 4.2.2: without a limit there is no root.
    let roots: Vec<&str> = root.iter().map(String::as_str).collect();
    out.encoder().quota_root(&named.name, &roots);
    if let Some(root) = &root {
        tell(&user, out, root, named.account).await?;
    }
    Ok(Answer::ok("GETQUOTAROOT completed"))
}

/// RFC 9208 4.1.3: limits are set by the administrator, elsewhere.
pub(super) fn set() -> Result<Answer, Failure> {
    Err(Answer::no(Code::NoPerm, "Quotas are set by the administrator").into())
}

/// The name of an account's root: empty for one's own.
fn root_of<'a>(user: &User, account: AccountId, address: &'a str) -> &'a str {
    if account == user.account { "" } else { address }
}

async fn tell(
    user: &User,
    out: &mut Output,
    root: &str,
    account: AccountId,
) -> Result<bool, Failure> {
    let quota = user.groupware.quota(&user.caller, account).await?;
    let Some(limit) = quota.limit_octets else {
        return Ok(false);
    };
    let storage = QuotaUsage {
        resource: QuotaResource::Storage,
        usage: quota.used_octets.div_ceil(UNIT_OCTETS),
        limit: limit / UNIT_OCTETS,
    };
    out.encoder().quota(root, &[storage]);
    Ok(true)
}
