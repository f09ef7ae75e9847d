//! `Mailbox/get` (RFC 8621 2.1).

use std::collections::BTreeMap;

use groupware::{Catalogue, MailboxInfo, MailboxOrder};
use model::{MailboxId, Rights};

use super::mailbox_query::{open, order};
use crate::call::{Call, Outcome};
use crate::capability::Capability;
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::standard::get::{Get, Got};
use crate::words::mailbox::{my_rights, rights, sort_order};

const PROPERTIES: [&str; 12] = [
    "id",
    "name",
    "parentId",
    "role",
    "sortOrder",
    "totalEmails",
    "unreadEmails",
    "totalThreads",
    "unreadThreads",
    "myRights",
    "isSubscribed",
    "shareWith",
];

/// RFC 8621 2.2: the properties that change with the emails.
pub(crate) const COUNTS: [&str; 4] = [
    "totalEmails",
    "unreadEmails",
    "totalThreads",
    "unreadThreads",
];

pub(crate) async fn run(mut call: Call) -> Outcome {
    let get = Get::<MailboxId>::read(&mut call, &PROPERTIES).await?;
    call.finish()?;
    open(&call, get.account).await?;
    let state = call.state(get.account, DataType::Mailbox).await?;
    let all = call.groupware().mailboxes(call.caller(), get.account);
    let all: BTreeMap<MailboxId, MailboxInfo> = all
        .await?
        .into_iter()
        .map(|info| (info.mailbox.id, info))
        .collect();
    let catalogue = match COUNTS.iter().any(|count| get.wants(count)) {
        true => {
            let catalogue = call.groupware().catalogue(call.caller(), get.account);
            Some(catalogue.await?)
        }
        false => None,
    };
    let with_shares = match &get.properties {
        Some(properties) => properties.contains("shareWith"),
        // RFC 9670 1.5.1: who does not know of principals does not know what to do with them.
        None => call.uses(Capability::Principals),
    };
    let order = order(&call, get.account).await?;
    let mut got = Got::new(&call, &get, state);
    let asked = match &get.ids {
        Some(ids) => ids.clone(),
        None => all.keys().copied().collect(),
    };
    for id in asked {
        let Some(info) = all.get(&id) else {
            got.not_found(id.wire());
            continue;
        };
        let mut object = told(info, &order, &all, catalogue.as_ref());
        if with_shares {
            object.insert("shareWith".into(), shares(info));
        }
        get.cut(&mut object);
        got.add(object)?;
    }
    Ok(got.into())
}

/// All of a mailbox but whom it is shared with.
fn told(
    info: &MailboxInfo,
    order: &MailboxOrder,
    visible: &BTreeMap<MailboxId, MailboxInfo>,
    catalogue: Option<&Catalogue>,
) -> Object {
    let mailbox = &info.mailbox;
    // Below a mailbox that the caller cannot see, one stands at the top.
    let parent = mailbox.parent.filter(|parent| visible.contains_key(parent));
    let mut object = Object::new();
    object.insert("id".into(), mailbox.id.wire().into());
    object.insert("name".into(), mailbox.name.as_str().into());
    object.insert("parentId".into(), parent.map(WireId::wire).into());
    object.insert("role".into(), mailbox.role.map(model::Role::as_str).into());
    object.insert("sortOrder".into(), sort_order(info, order).into());
    object.insert("myRights".into(), my_rights(info));
    object.insert("isSubscribed".into(), info.subscribed.into());
    if let Some(catalogue) = catalogue {
        // Nothing is counted where the caller may not read.
        let counts = catalogue.counts(mailbox.id);
        let numbers = [
            counts.emails,
            counts.unread_emails,
            counts.threads,
            counts.unread_threads,
        ];
        for (name, number) in COUNTS.iter().zip(numbers) {
            object.insert((*name).into(), number.into());
        }
    }
    object
}

/// RFC 9670 4.3: told to those only who may change it. What is shared with everybody has no principal to be named by.
fn shares(info: &MailboxInfo) -> serde_json::Value {
    if !info.rights.contains(Rights::ADMINISTER) {
        return serde_json::Value::Null;
    }
    let shares = info.mailbox.shares.iter();
    let shares: Object = shares
        .filter_map(|(principal, granted)| Some((principal.as_ref()?.wire(), rights(*granted))))
        .collect();
    match shares.is_empty() {
        true => serde_json::Value::Null,
        false => shares.into(),
    }
}
