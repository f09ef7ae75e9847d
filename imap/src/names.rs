//! Names of mailboxes: paths of one's own, and below `Shared/<address>/` those of others that are shared.

use std::collections::{BTreeMap, HashMap};

use groupware::{MailboxInfo, Place};
use model::{AccountId, MailboxId, MailboxName, Role};

use crate::answer::{Answer, Failure};
use crate::codec::{Code, Mailbox};
use crate::user::User;

/// The prefix of other people's mailboxes (RFC 2342 5, RFC 9051 6.3.10).
pub(crate) const SHARED_PREFIX: &str = "Shared/";
/// The first level of that prefix.
pub(crate) const SHARED: &str = "Shared";
/// The mailbox that every account has (RFC 9051 5.1).
pub(crate) const INBOX: &str = "INBOX";

/// A mailbox with its name.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) name: String,
    pub(crate) account: AccountId,
    pub(crate) info: MailboxInfo,
}

impl Named {
    pub(crate) fn place(&self) -> Place {
        Place::from((self.account, self.info.mailbox.id))
    }
}

/// Where a new mailbox is to be.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) account: AccountId,
    /// The deepest mailbox on the way that is there.
    pub(crate) parent: Option<MailboxId>,
    /// The levels that are missing below it; at least one.
    pub(crate) missing: Vec<MailboxName>,
}

/// All mailboxes that the user can see, the own ones first, each account's by name with the inbox first.
pub(crate) async fn all(user: &User) -> Result<Vec<Named>, Failure> {
    let mut all = of_account(user, user.account, "").await?;
    for shared in user.groupware.accounts(&user.caller).await? {
        if shared.account != user.account {
            let prefix = prefix(&shared.principal.address);
            all.extend(of_account(user, shared.account, &prefix).await?);
        }
    }
    Ok(all)
}

/// The mailbox of this name.
pub(crate) async fn find(user: &User, name: &Mailbox<'_>) -> Result<Named, Failure> {
    let (account, prefix, _) = locate(user, name.as_str()).await?;
    let infos = user.groupware.mailboxes(&user.caller, account).await?;
    let by_id = by_id(&infos);
    let wanted = name.as_str().strip_prefix(&*prefix);
    let is_inbox = |info: &&MailboxInfo| info.mailbox.role == Some(Role::Inbox);
    let is_wanted = |info: &&MailboxInfo| {
        // Most of them end otherwise already.
        let may_be = |wanted: &str| is_inbox(info) || wanted.ends_with(info.mailbox.name.as_str());
        wanted.is_some_and(|wanted| may_be(wanted) && path(info, &by_id) == wanted)
    };
    let inbox = infos.iter().filter(is_inbox);
    let found = inbox
        .chain(infos.iter().filter(|info| !is_inbox(info)))
        .find(is_wanted);
    Ok(Named {
        name: name.as_str().to_owned(),
        account,
        info: found.ok_or_else(nonexistent)?.clone(),
    })
}

/// The mailbox of this name, into which something shall go: that it is missing is said with TRYCREATE (RFC 9051 6.3.12).
pub(crate) async fn find_target(user: &User, name: &Mailbox<'_>) -> Result<Named, Failure> {
    find(user, name).await.map_err(|failure| {
        if matches!(&failure, Failure::Refused(answer) if *answer == nonexistent_answer()) {
            Answer::no(Code::TryCreate, "No such mailbox, create it first").into()
        } else {
            failure
        }
    })
}

/// Where a mailbox of this name would be made.
pub(crate) async fn target(user: &User, name: &Mailbox<'_>) -> Result<Target, Failure> {
    let (account, prefix, path) = locate(user, name.as_str()).await?;
    if name.is_inbox() {
        return Err(Answer::no(Code::AlreadyExists, "INBOX is always there").into());
    }
    if path.is_empty() && name.as_str().is_empty() {
        return Err(Answer::no(Code::Cannot, "No mailbox can be called so").into());
    }
    if path.is_empty()
        || (account == user.account && (path == SHARED || path.starts_with(SHARED_PREFIX)))
    {
        return Err(Answer::no(Code::Cannot, "This name is kept for what others share").into());
    }
    let known = of_account(user, account, &prefix).await?;
    let known: HashMap<&str, MailboxId> = known
        .iter()
        .map(|named| (named.name.as_str(), named.info.mailbox.id))
        .collect();
    let mut target = Target {
        account,
        parent: None,
        missing: Vec::new(),
    };
    let mut walked = prefix.clone();
    for level in path.split('/') {
        walked.push_str(level);
        match known.get(walked.as_str()) {
            Some(id) if target.missing.is_empty() => target.parent = Some(*id),
            _ => target.missing.push(
                MailboxName::try_from(level)
                    .map_err(|_| Answer::no(Code::Cannot, "No mailbox can be called so"))?,
            ),
        }
        walked.push('/');
    }
    if target.missing.is_empty() {
        Err(Answer::no(Code::AlreadyExists, "There is a mailbox of that name").into())
    } else {
        Ok(target)
    }
}

/// RFC 9051 7.1: NONEXISTENT.
pub(crate) fn nonexistent() -> Failure {
    nonexistent_answer().into()
}

fn nonexistent_answer() -> Answer {
    Answer::no(Code::NonExistent, "No such mailbox")
}

/// The account that a name belongs to, the prefix of its mailboxes, and what follows the prefix.
async fn locate<'n>(user: &User, name: &'n str) -> Result<(AccountId, String, &'n str), Failure> {
    let Some((address, path)) = name
        .strip_prefix(SHARED_PREFIX)
        .map(|rest| rest.split_once('/').unwrap_or((rest, "")))
    else {
        return Ok((user.account, String::new(), name));
    };
    let accounts = user.groupware.accounts(&user.caller).await?;
    let account = accounts
        .into_iter()
        .find(|shared| shared.account != user.account && shared.principal.address == address);
    Ok(match account {
        Some(shared) => (shared.account, prefix(address), path),
        None => (user.account, String::new(), name),
    })
}

fn prefix(address: &str) -> String {
    format!("{SHARED_PREFIX}{address}/")
}

/// The mailboxes of an account, by name, the inbox first.
async fn of_account(user: &User, account: AccountId, prefix: &str) -> Result<Vec<Named>, Failure> {
    let infos = user.groupware.mailboxes(&user.caller, account).await?;
    let by_id = by_id(&infos);
    let mut named: Vec<Named> = infos
        .iter()
        .map(|info| Named {
            name: format!("{prefix}{}", path(info, &by_id)),
            account,
            info: info.clone(),
        })
        .collect();
    named.sort_by(|one, other| {
        let key = |named: &Named| named.info.mailbox.role != Some(Role::Inbox);
        (key(one), &one.name).cmp(&(key(other), &other.name))
    });
    Ok(named)
}

fn by_id(infos: &[MailboxInfo]) -> BTreeMap<MailboxId, &MailboxInfo> {
    infos.iter().map(|info| (info.mailbox.id, info)).collect()
}

/// The levels from the top down to a mailbox. A level that the user must not see is shown by its number.
fn path(info: &MailboxInfo, by_id: &BTreeMap<MailboxId, &MailboxInfo>) -> String {
    let mut levels: Vec<String> = Vec::new();
    let mut at = Some(info);
    while let Some(info) = at {
        let mailbox = &info.mailbox;
        if mailbox.role == Some(Role::Inbox) {
            // RFC 9051 5.1: whatever it is called elsewhere, and wherever it is.
            levels.push(INBOX.to_owned());
            break;
        }
        levels.push(mailbox.name.as_str().to_owned());
        if levels.len() > LEVELS_MAX {
            break;
        }
        at = mailbox
            .parent
            .and_then(|parent| by_id.get(&parent).copied());
        if let (Some(parent), None) = (mailbox.parent, at) {
            levels.push(format!("~{parent}"));
        }
    }
    levels.reverse();
    levels.join("/")
}

/// Deeper than any store lets them nest; so that even a circle would end.
const LEVELS_MAX: usize = 1_000;
