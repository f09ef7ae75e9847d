//! `Mailbox/set` (RFC 8621 2.5), with shares as RFC 9670 4 has them.

use groupware::{MailboxInfo, MailboxUpdate};
use model::{AccountId, MailboxId, PrincipalId, Rights, Role};
use serde_json::Value;

use super::mailbox_query::{mailboxes, open, order};
use crate::call::{Call, Outcome};
use crate::codec::argument::{Arguments, Fault};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::codec::patch::Patch;
use crate::data_type::DataType;
use crate::error::{MethodError, SetError};
use crate::standard::set::{Done, Set, Update};
use crate::words::container::read_order;
use crate::words::mailbox::{
    my_rights, read_name, read_rights, read_role, read_shares, sort_order, sort_order_by_role,
};
use crate::words::mailbox_query::Mailboxes;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    let with_emails = call.arguments.flag("onDestroyRemoveEmails")?;
    let with_emails = with_emails.unwrap_or(false);
    call.finish()?;
    let account = set.account;
    open(&call, account).await?;
    let old = call.state(account, DataType::Mailbox).await?;
    set.check_state(&old)?;
    let mut done = Done::new(&call, &set, old);
    for (creation, object) in std::mem::take(&mut set.create) {
        match create(&call, account, Arguments(object)).await {
            Ok((id, server_set)) => done.created(&creation, &id.wire(), server_set),
            Err(error) => done.not_created(creation, error),
        }
    }
    for Update { text, id, patch } in set.updates::<MailboxId>(&call, &mut done) {
        match update(&call, account, id, &patch).await {
            Ok(server_set) => done.updated_with(text, server_set),
            Err(error) => done.not_updated(text, error),
        }
    }
    let destroys = set.destroys::<MailboxId>(&call, &mut done);
    destroy(&call, account, destroys, with_emails, &mut done).await?;
    Ok(done.answer(call.state(account, DataType::Mailbox).await?))
}

/// What a mailbox is to be, as far as it was said.
struct Wanted {
    parent: Option<MailboxId>,
    update: MailboxUpdate,
    subscribed: Option<bool>,
    shares: Vec<(PrincipalId, Rights)>,
    sort_order: Option<u32>,
}

impl Wanted {
    fn read(call: &Call, object: &mut Arguments) -> Result<Self, SetError> {
        let parent = match object.id("parentId")? {
            None => None,
            Some(text) => {
                let no_parent = || SetError::invalid_property("parentId", "There is none.");
                Some(call.id(&text).ok_or_else(no_parent)?)
            }
        };
        let read = Self {
            parent,
            update: MailboxUpdate {
                parent,
                name: read_name(&object.required_text("name")?)?,
                role: read_role(object.take("role"))?,
            },
            subscribed: object.flag("isSubscribed")?,
            shares: read_shares(object.take("shareWith"))?,
            sort_order: match object.take("sortOrder") {
                Some(order) => read_order("sortOrder", &order)?,
                None => None,
            },
        };
        object.finish()?;
        Ok(read)
    }
}

async fn create(
    call: &Call,
    account: AccountId,
    mut object: Arguments,
) -> Result<(MailboxId, Object), SetError> {
    let wanted = Wanted::read(call, &mut object)?;
    let groupware = call.groupware();
    let caller = call.caller();
    let MailboxUpdate { name, role, .. } = wanted.update;
    let id = groupware
        .create_mailbox(caller, account, wanted.parent, name, role)
        .await
        .map_err(|error| fault_of_place(error, wanted.parent))?;
    // RFC 8621 2 `isSubscribed`: what one makes for oneself one wants to see, unless one says otherwise.
    let subscribed = wanted.subscribed.unwrap_or(true);
    if subscribed {
        let set = groupware.set_subscribed(caller, account, id, true);
        set.await?;
    }
    for (principal, rights) in wanted.shares {
        let share = groupware.set_share(caller, account, id, Some(principal), rights);
        share.await.map_err(fault_of_share)?;
    }
    let info = groupware.mailbox(caller, account, id).await?;
    let mut server_set = Object::new();
    for count in super::mailbox_get::COUNTS {
        server_set.insert(count.into(), 0.into());
    }
    server_set.insert("myRights".into(), my_rights(&info));
    if wanted.subscribed.is_none() {
        server_set.insert("isSubscribed".into(), subscribed.into());
    }
    let by_role = sort_order_by_role(info.mailbox.role);
    if wanted.sort_order.is_none() {
        server_set.insert("sortOrder".into(), by_role.into());
    } else if wanted.sort_order != Some(by_role) {
        let set = groupware.set_mailbox_place(caller, account, id, wanted.sort_order);
        set.await?;
    }
    Ok((id, server_set))
}

/// Answers the properties that are others than the client thinks.
async fn update(
    call: &Call,
    account: AccountId,
    id: MailboxId,
    patch: &Patch,
) -> Result<Object, SetError> {
    let groupware = call.groupware();
    let caller = call.caller();
    let info = groupware.mailbox(caller, account, id).await?;
    let mut next = MailboxUpdate {
        parent: info.mailbox.parent,
        name: info.mailbox.name.clone(),
        role: info.mailbox.role,
    };
    let before = next.clone();
    let (mut subscribed, mut shares, mut place) = (None, Vec::new(), None);
    let mut server_set = Object::new();
    for (steps, value) in patch.changes() {
        match steps {
            [property] => match property.as_str() {
                "name" => next.name = read_name(text("name", value)?)?,
                "parentId" => next.parent = parent(call, value)?,
                "role" => next.role = read_role(Some(value.clone()))?,
                "isSubscribed" => subscribed = Some(flag("isSubscribed", value)?),
                "sortOrder" => place = Some(read_order("sortOrder", value)?),
                "shareWith" => shares.extend(replaced(&info, value)?),
                other => unchanged(&info, other, value)?,
            },
            [property, principal] if property == "shareWith" => {
                let known = PrincipalId::parse(principal);
                let fault = || Fault::new("shareWith", "has to map principals to rights");
                let granted = read_rights("shareWith", value.clone())?;
                shares.push((known.ok_or_else(fault)?, granted));
            }
            [property, ..] => return Err(SetError::invalid_properties([property.as_str()])),
            [] => {}
        }
    }
    if next != before && info.mailbox.role == Some(Role::Inbox) {
        return Err(SetError::forbidden().because("The inbox stays as it is."));
    }
    if next != before {
        let parent = next.parent;
        groupware
            .update_mailbox(caller, account, id, next)
            .await
            .map_err(|error| fault_of_place(error, parent))?;
    }
    if let Some(subscribed) = subscribed.filter(|wanted| *wanted != info.subscribed) {
        let set = groupware.set_subscribed(caller, account, id, subscribed);
        set.await?;
    }
    for (principal, granted) in shares {
        let share = groupware.set_share(caller, account, id, Some(principal), granted);
        share.await.map_err(fault_of_share)?;
    }
    if let Some(place) = place {
        let order = order(call, account).await;
        let now = order.map(|order| sort_order(&info, &order)).ok();
        if place.is_none() || place != now {
            let set = groupware.set_mailbox_place(caller, account, id, place);
            set.await?;
        }
        if place.is_none() {
            // RFC 8620 5.3: `null` takes it away, and what it is without the client does not know.
            let by_role = sort_order_by_role(info.mailbox.role);
            server_set.insert("sortOrder".into(), by_role.into());
        }
    }
    Ok(server_set)
}

/// RFC 9670 4.3: who is not named any more has no rights any more.
fn replaced(info: &MailboxInfo, value: &Value) -> Result<Vec<(PrincipalId, Rights)>, SetError> {
    let wanted = read_shares(Some(value.clone()))?;
    let gone = info
        .mailbox
        .shares
        .iter()
        .filter_map(|(principal, _)| *principal)
        .filter(|principal| !wanted.iter().any(|(named, _)| named == principal))
        .map(|principal| (principal, Rights::NONE));
    Ok(gone.chain(wanted.iter().copied()).collect())
}

/// RFC 8620 5.3: a property that only the server sets may be sent back as it is.
fn unchanged(info: &MailboxInfo, property: &str, value: &Value) -> Result<(), SetError> {
    let is_same = match property {
        "id" => value.as_str() == Some(&info.mailbox.id.wire()),
        "myRights" => *value == my_rights(info),
        // Counts may have changed since the client saw them.
        other => super::mailbox_get::COUNTS.contains(&other) && value.is_u64(),
    };
    if is_same {
        Ok(())
    } else {
        Err(SetError::invalid_properties([property]))
    }
}

fn text<'v>(property: &str, value: &'v Value) -> Result<&'v str, Fault> {
    let text = value.as_str();
    text.ok_or_else(|| Fault::new(property, "has to be a text"))
}

fn flag(property: &str, value: &Value) -> Result<bool, Fault> {
    let flag = value.as_bool();
    flag.ok_or_else(|| Fault::new(property, "has to be true or false"))
}

fn parent(call: &Call, value: &Value) -> Result<Option<MailboxId>, SetError> {
    if value.is_null() {
        return Ok(None);
    }
    let id = call.id(text("parentId", value)?);
    id.map(Some)
        .ok_or_else(|| SetError::invalid_property("parentId", "There is none."))
}

/// Says which property is at fault where a mailbox cannot be put.
fn fault_of_place(error: groupware::Error, parent: Option<MailboxId>) -> SetError {
    match error {
        groupware::Error::NotFound if parent.is_some() => {
            SetError::invalid_property("parentId", "There is none.")
        }
        groupware::Error::Invalid {
            field: "request",
            why,
        } => SetError::invalid_property("parentId", why),
        error => error.into(),
    }
}

fn fault_of_share(error: groupware::Error) -> SetError {
    match error {
        groupware::Error::Invalid { why, .. } => SetError::invalid_property("shareWith", why),
        error => error.into(),
    }
}

/// RFC 8621 2.5: a mailbox that has others inside it goes after them, if they go as well.
async fn destroy(
    call: &Call,
    account: AccountId,
    destroys: Vec<(String, MailboxId)>,
    with_emails: bool,
    done: &mut Done,
) -> Result<(), MethodError> {
    if destroys.is_empty() {
        return Ok(());
    }
    let all = mailboxes(call, account).await?;
    let mut by_depth: Vec<(usize, String, MailboxId)> = destroys
        .into_iter()
        .map(|(text, id)| (depth(id, &all), text, id))
        .collect();
    by_depth.sort_by_key(|(depth, ..)| std::cmp::Reverse(*depth));
    for (_, text, id) in by_depth {
        let gone = call
            .groupware()
            .destroy_mailbox(call.caller(), account, id, with_emails);
        match gone.await {
            Ok(()) => done.destroyed(text),
            Err(groupware::Error::Invalid { why, .. }) => {
                done.not_destroyed(text, SetError::forbidden().because(why));
            }
            Err(error) => done.not_destroyed(text, error),
        }
    }
    Ok(())
}

/// How many mailboxes are above it.
fn depth(mailbox: MailboxId, all: &Mailboxes) -> usize {
    let above = |id: &MailboxId| all.get(id).and_then(|info| info.mailbox.parent);
    std::iter::successors(above(&mailbox), above)
        .take(all.len())
        .count()
}
