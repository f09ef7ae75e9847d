//! Mailboxes on the wire (RFC 8621 2): roles, rights, and the order in which they are shown.

use groupware::{MailboxInfo, MailboxOrder};
use model::{MailboxName, PrincipalId, Rights, Role};
use serde_json::Value;

use crate::codec::argument::{Arguments, Fault};
use crate::codec::id::WireId;
use crate::codec::json::Object;

/// RFC 8621 2 `MailboxRights`, and RFC 9670 4.2 for those who may share.
const RIGHTS: [(&str, Rights); 10] = [
    ("mayReadItems", Rights(Rights::LOOKUP.0 | Rights::READ.0)),
    ("mayAddItems", Rights::INSERT),
    (
        "mayRemoveItems",
        Rights(Rights::DELETE_EMAIL.0 | Rights::EXPUNGE.0),
    ),
    ("maySetSeen", Rights::SEEN),
    ("maySetKeywords", Rights::WRITE),
    ("mayCreateChild", Rights::CREATE),
    ("mayRename", Rights::DELETE_MAILBOX),
    ("mayDelete", Rights::DELETE_MAILBOX),
    ("maySubmit", Rights::POST),
    ("mayShare", Rights::ADMINISTER),
];

/// Principals that one mailbox may be shared with in one object.
const SHARES_MAX: usize = 1_000;

/// What may be done, on the wire.
pub(crate) fn rights(rights: Rights) -> Value {
    let members: Object = RIGHTS
        .iter()
        .map(|(name, needed)| ((*name).to_owned(), rights.contains(*needed).into()))
        .collect();
    members.into()
}

/// RFC 8621 2 `myRights`. Nobody renames or destroys the inbox, which is always there (RFC 9051 5.1).
pub(crate) fn my_rights(info: &MailboxInfo) -> Value {
    rights(match info.mailbox.role {
        Some(Role::Inbox) => info.rights.without(Rights::DELETE_MAILBOX),
        _ => info.rights,
    })
}

/// What may be done, from the wire: all that is not said is not allowed.
///
/// # Errors
/// It is no object of rights; or it allows only one of renaming and deleting, which are one right to us (RFC 4314 `x`).
pub(crate) fn read_rights(property: &str, value: Value) -> Result<Rights, Fault> {
    let fault = |why| Fault::new(property, why);
    let mut object = match value {
        Value::Null => return Ok(Rights::NONE),
        Value::Object(object) => Arguments(object),
        _ => return Err(fault("has to be rights on a mailbox")),
    };
    let mut granted = Rights::NONE;
    let mut both = Vec::new();
    for (name, rights) in RIGHTS {
        let flag = object.flag(name);
        let may = flag.map_err(|_| fault("has to be rights on a mailbox"))?;
        let may = may.unwrap_or(false);
        if may {
            granted = granted.with(rights);
        }
        if rights == Rights::DELETE_MAILBOX {
            both.push(may);
        }
    }
    if both.first() != both.last() {
        return Err(fault(
            "has to allow both `mayRename` and `mayDelete`, or neither",
        ));
    }
    match object.finish() {
        Ok(()) => Ok(granted),
        Err(_) => Err(fault("has a right that nobody knows")),
    }
}

/// RFC 9670 4.3 `shareWith`, from the wire.
///
/// # Errors
/// It does not map principals to rights.
pub(crate) fn read_shares(value: Option<Value>) -> Result<Vec<(PrincipalId, Rights)>, Fault> {
    let fault = || Fault::new("shareWith", "has to map principals to rights");
    let members = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Object(members)) if members.len() <= SHARES_MAX => members,
        Some(_) => return Err(fault()),
    };
    let member = |(id, value): (String, Value)| {
        let principal = PrincipalId::parse(&id).ok_or_else(fault)?;
        Ok((principal, read_rights("shareWith", value)?))
    };
    members.into_iter().map(member).collect()
}

/// A mailbox's name from the wire.
///
/// # Errors
/// RFC 8621 2: it has 1 to 255 octets and no controls; to us also no `/`, which separates the levels for other protocols.
pub(crate) fn read_name(text: &str) -> Result<MailboxName, Fault> {
    MailboxName::try_from(text).map_err(|error| {
        let why = match error {
            model::NameError::Length => "has to have 1 to 255 octets",
            model::NameError::Control => "has to have no control characters",
            model::NameError::Separator => "has to have no `/`",
        };
        Fault::new("name", why)
    })
}

/// A role from the wire; none for `null`.
///
/// # Errors
/// RFC 8621 2: nobody knows it.
pub(crate) fn read_role(value: Option<Value>) -> Result<Option<Role>, Fault> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(name)) => Role::parse(&name)
            .map(Some)
            .ok_or_else(|| Fault::new("role", "is none that is known")),
        Some(_) => Err(Fault::new("role", "has to be a text")),
    }
}

/// RFC 8621 2 `sortOrder`: the place that the caller gave a mailbox.
pub(crate) fn sort_order(info: &MailboxInfo, order: &MailboxOrder) -> u32 {
    let place = order.place(info.mailbox.id);
    place.unwrap_or_else(|| sort_order_by_role(info.mailbox.role))
}

/// The place that a mailbox has by itself: those with a role first, in the order in which people look for them.
pub(crate) fn sort_order_by_role(role: Option<Role>) -> u32 {
    match role {
        Some(Role::Inbox) => 1,
        Some(Role::Drafts) => 2,
        Some(Role::Sent) => 3,
        Some(Role::Archive) => 4,
        Some(Role::All) => 5,
        Some(Role::Flagged) => 6,
        Some(Role::Important) => 7,
        Some(Role::Junk) => 8,
        Some(Role::Trash) => 9,
        None => 10,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn rights_are_read_as_they_are_written() {
        for granted in [Rights::NONE, Rights::ALL, RIGHTS[0].1] {
            assert_eq!(read_rights("shareWith", rights(granted)), Ok(granted));
        }
        assert_eq!(read_rights("x", Value::Null), Ok(Rights::NONE));
        for wrong in [
            json!({"mayRename": true}),
            json!({"mayFly": true}),
            json!({"mayReadItems": 1}),
            json!(true),
        ] {
            assert!(read_rights("x", wrong.clone()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_name_principals() {
        let shares = json!({"p5": {"mayReadItems": true}, "p6": null});
        let read = read_shares(Some(shares)).unwrap();
        assert_eq!(
            read,
            [
                (PrincipalId(5), Rights::LOOKUP.with(Rights::READ)),
                (PrincipalId(6), Rights::NONE)
            ]
        );
        assert!(read_shares(Some(json!({"m5": null}))).is_err());
    }
}
