//! `shareWith` of calendars, task lists and address books (RFC 9670 4): whom they are shared with, and how far.

use groupware::CollectionInfo;
use model::{CollectionRights, PrincipalId};
use serde_json::Value;

use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::SetError;

/// What a word of a type grants.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Grant {
    /// These rights.
    Rights(CollectionRights),
    /// A part of what writing is; it is only given together with all of it.
    PartOfWriting,
}

/// What each word grants that a type has.
pub(crate) type Grants = [(&'static str, Grant)];

/// Told to those who may share. Shares with everybody have no principal, and stay as they are.
pub(crate) fn share_with(
    info: &CollectionInfo,
    rights: impl Fn(CollectionRights) -> Value,
) -> Value {
    if !info.rights.contains(CollectionRights::SHARE) {
        return Value::Null;
    }
    let shares = info.collection.shares.iter();
    let shares = shares.filter_map(|(to, granted)| Some(((*to)?.wire(), rights(*granted))));
    let shares: Object = shares.collect();
    match shares.is_empty() {
        true => Value::Null,
        false => Value::Object(shares),
    }
}

/// With whom something is to be shared.
///
/// # Errors
/// `invalidProperties`: it is not a map of principals to rights.
pub(crate) fn read_share_with(
    value: &Value,
    grants: &Grants,
) -> Result<Vec<(PrincipalId, CollectionRights)>, SetError> {
    let shares = match value {
        Value::Null => return Ok(Vec::new()),
        Value::Object(shares) => shares,
        _ => return Err(fault("has to map principals to rights")),
    };
    let read = |(id, value): (&String, &Value)| {
        let principal = PrincipalId::parse(id);
        let principal = principal.ok_or_else(|| fault("has to map principals to rights"))?;
        Ok((principal, read_rights(value, grants)?))
    };
    shares.iter().map(read).collect()
}

/// The rights that words stand for. What is only given together is taken together: whoever writes may write all.
fn read_rights(value: &Value, grants: &Grants) -> Result<CollectionRights, SetError> {
    let words = match value {
        Value::Null => return Ok(CollectionRights::NONE),
        Value::Object(words) => words,
        _ => return Err(fault("has to map principals to rights")),
    };
    let mut given = CollectionRights::NONE;
    let mut needs_writing = false;
    for (word, value) in words {
        let granted = value
            .as_bool()
            .ok_or_else(|| fault("a right is true or false"))?;
        let known = grants.iter().find(|(known, _)| known == word);
        match known {
            None => return Err(fault("there is no such right")),
            Some(_) if !granted => {}
            Some((_, Grant::Rights(rights))) => given = given.with(*rights),
            Some((_, Grant::PartOfWriting)) => needs_writing = true,
        }
    }
    if needs_writing && !given.contains(CollectionRights::WRITE) {
        let why =
            "only what one may write altogether may be written in part: give `mayWriteAll`, too";
        return Err(fault(why));
    }
    Ok(given)
}

fn fault(why: &'static str) -> SetError {
    SetError::invalid_property("shareWith", why)
}
