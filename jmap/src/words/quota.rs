//! Quotas (RFC 9425): how much an account holds and may hold.
//!
//! There is one in each account that has a limit: of the octets of all it holds. Its state says all there is to it, so
//! that what changed since any state is known.

use groupware::Quota;
use serde_json::json;

use crate::codec::json::Object;

/// The id of the only quota of an account.
pub(crate) const ID: &str = "octets";

/// RFC 9425 4.
pub(crate) const PROPERTIES: [&str; 10] = [
    "id",
    "resourceType",
    "used",
    "hardLimit",
    "scope",
    "name",
    "types",
    "warnLimit",
    "softLimit",
    "description",
];

/// Hundredths of the limit at which clients warn.
const WARN_PERCENT: u64 = 90;

/// The object.
pub(crate) fn object(quota: &Quota, limit: u64) -> Object {
    let value = json!({
        "id": ID,
        "resourceType": "octets",
        "used": quota.used_octets,
        "hardLimit": limit,
        "scope": "account",
        "name": "Storage",
        "types": ["Email", "CalendarEvent", "ContactCard"],
        "warnLimit": limit / 100 * WARN_PERCENT,
        "softLimit": null,
        "description": null,
    });
    value.as_object().cloned().unwrap_or_default()
}

/// The state of quotas: `none`, or the limit and how much of it is used.
pub(crate) fn state(quota: &Quota) -> String {
    match quota.limit_octets {
        None => "none".to_owned(),
        Some(limit) => format!("{limit}-{}", quota.used_octets),
    }
}

/// What a state says: the limit if there is one. None if it is no state.
pub(crate) fn limit_of(state: &str) -> Option<Option<u64>> {
    if state == "none" {
        return Some(None);
    }
    let (limit, used) = state.split_once('-')?;
    let (limit, _) = (limit.parse().ok()?, used.parse::<u64>().ok()?);
    Some(Some(limit))
}
