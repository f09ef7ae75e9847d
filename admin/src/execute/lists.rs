//! Groups that are distribution lists: who writes to them, who decides, who waits.

use groupware::PendingPost;
use model::{ListSettings, MailSettings, Poster, Posting, Principal, QueueId};

use super::principal::{address_of, find, group};
use crate::reply::PendingLine;
use crate::request::group::{ListChange, ListPart};
use crate::{Failure, Reply, Services, moment};

/// Changes what makes a group a list. A group without settings becomes one by it.
pub(super) async fn change(
    address: &str,
    change: ListChange,
    services: &Services,
) -> Result<Reply, Failure> {
    let group = group(address, services).await?;
    let edit = match change {
        ListChange::Plain => Edit::Plain,
        ListChange::Posting(posting) => Edit::Posting(posting),
        ListChange::Part { part, who, add } => {
            let who = match part {
                ListPart::Moderators => Poster::Here(find(&who, services).await?.id),
                ListPart::Posters => poster(&who, services).await?,
            };
            Edit::Part { part, who, add }
        }
    };
    set(&group, edit, services).await
}

/// A member who has their mail elsewhere comes or goes. False if the address is one of ours.
pub(super) async fn outside_member(
    group: &Principal,
    member: &str,
    add: bool,
    services: &Services,
) -> Result<bool, Failure> {
    match poster(member, services).await {
        Ok(Poster::Elsewhere(address)) => {
            set(group, Edit::Outside { address, add }, services).await?;
            Ok(true)
        }
        Ok(Poster::Here(_)) => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// What an administrator wants of a list.
enum Edit {
    Plain,
    Posting(Posting),
    Part {
        part: ListPart,
        who: Poster,
        add: bool,
    },
    Outside {
        address: String,
        add: bool,
    },
}

async fn set(group: &Principal, edit: Edit, services: &Services) -> Result<Reply, Failure> {
    let actor = services.actor(None);
    let apply = |settings: &mut MailSettings| edit.apply(settings);
    let done = services
        .directory()
        .edit_mail_settings(&actor, group.id, apply);
    done.await
        .map_err(|error| Failure::from(error).about(&group.address))?;
    Ok(Reply::Done)
}

impl Edit {
    fn apply(&self, settings: &mut MailSettings) -> Result<(), directory::Error> {
        if matches!(self, Self::Plain) {
            settings.list = None;
            return Ok(());
        }
        let list = settings.list.get_or_insert_with(ListSettings::default);
        match self {
            Self::Plain => Ok(()),
            Self::Posting(posting) => {
                list.posting = *posting;
                Ok(())
            }
            Self::Part { part, who, add } => match (part, who) {
                (ListPart::Moderators, Poster::Here(id)) => put(&mut list.moderators, id, *add),
                _ => put(&mut list.posters, who, *add),
            },
            Self::Outside { address, add } => put(&mut list.outside, address, *add),
        }
    }
}

/// Puts somebody in once, or takes them out.
fn put<T: Clone + PartialEq>(all: &mut Vec<T>, who: &T, add: bool) -> Result<(), directory::Error> {
    let count = all.len();
    all.retain(|known| known != who);
    if add {
        all.push(who.clone());
    } else if all.len() == count {
        return Err(directory::Error::NotFound("who is to be taken out"));
    }
    Ok(())
}

/// Somebody of ours, or an address elsewhere.
async fn poster(who: &str, services: &Services) -> Result<Poster, Failure> {
    let directory = services.directory();
    let resolved = directory.resolve(who).await;
    match resolved.map_err(directory::Error::from)? {
        directory::Resolved::Elsewhere => Ok(Poster::Elsewhere(directory::checked_address(who)?)),
        directory::Resolved::Accounts(_) | directory::Resolved::Unknown => {
            Ok(Poster::Here(find(who, services).await?.id))
        }
    }
}

/// The messages that wait for a moderator.
pub(super) async fn pending(
    address: Option<String>,
    services: &Services,
) -> Result<Reply, Failure> {
    let list = match address {
        Some(address) => Some(group(&address, services).await?.id),
        None => None,
    };
    let mut lines = Vec::new();
    for post in services.groupware.pending_posts(list).await? {
        lines.push(line(post, services).await?);
    }
    Ok(Reply::Pending(lines))
}

async fn line(post: PendingPost, services: &Services) -> Result<PendingLine, Failure> {
    Ok(PendingLine {
        list: address_of(post.list, services).await?,
        number: post.id.0,
        since: moment::to_text(post.since),
        from: post.from,
        subject: post.subject,
        octets: post.size,
        recipients: u32::try_from(post.recipients).unwrap_or(u32::MAX),
    })
}

/// Lets a waiting message through, or throws it away with a reason.
pub(super) async fn decide(
    address: &str,
    number: u32,
    refused: Option<String>,
    services: &Services,
) -> Result<Reply, Failure> {
    let list = group(address, services).await?.id;
    let (actor, id) = (services.actor(None), QueueId(number));
    let done = match refused {
        None => services.groupware.approve_post(&actor, list, id).await,
        Some(reason) => {
            let reject = services.groupware.reject_post(&actor, list, id, &reason);
            reject.await
        }
    };
    match done {
        Ok(()) => Ok(Reply::Done),
        Err(groupware::Error::NotFound) => Err(Failure::not_found(
            "the waiting message",
            &number.to_string(),
        )),
        Err(error) => Err(error.into()),
    }
}
