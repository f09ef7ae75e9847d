//! `Quota/query` (RFC 9425 4.3).

use groupware::Quota;

use crate::call::{Call, Outcome};
use crate::codec::argument::Arguments;
use crate::codec::filter::{Comparator, Filter, FilterFault};
use crate::error::MethodError;
use crate::standard::query::{Found, Query};
use crate::words::quota::{ID, object};

/// RFC 9425 4.3.1: what a quota has to be like; the parts hold together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    name: Option<String>,
    scope: Option<String>,
    resource_type: Option<String>,
    data_type: Option<String>,
}

impl Condition {
    pub(crate) fn read(arguments: &mut Arguments) -> Result<Self, FilterFault> {
        Ok(Self {
            name: arguments.text("name")?,
            scope: arguments.text("scope")?,
            resource_type: arguments.text("resourceType")?,
            data_type: arguments.text("type")?,
        })
    }

    fn holds(&self, quota: &Quota, limit: u64) -> bool {
        let object = object(quota, limit);
        let is = |name: &str, wanted: &Option<String>| {
            let value = object.get(name).and_then(|value| value.as_str());
            wanted.as_deref().is_none_or(|wanted| value == Some(wanted))
        };
        let named = self.name.as_deref().is_none_or(|wanted| {
            let name = object.get("name").and_then(|name| name.as_str());
            // RFC 9425 4.3.1: the name has the text in it.
            name.is_some_and(|name| name.to_lowercase().contains(&wanted.to_lowercase()))
        });
        let types = object.get("types").and_then(|types| types.as_array());
        let typed = self.data_type.as_deref().is_none_or(|wanted| {
            types.is_some_and(|types| types.iter().any(|name| name.as_str() == Some(wanted)))
        });
        named && typed && is("scope", &self.scope) && is("resourceType", &self.resource_type)
    }
}

pub(crate) async fn run(mut call: Call) -> Outcome {
    let query = Query::read(&mut call, Condition::read).await?;
    call.finish()?;
    check_order(&query.sort)?;
    let quota = call.groupware().quota(call.caller(), query.account).await?;
    let found = is_found(query.filter.as_ref(), &quota);
    let place = |anchor: &str| (found && anchor == ID).then_some(0);
    let position = query.window.start(usize::from(found), place)?;
    let shown = found && position == 0 && query.window.limit > 0;
    let ids = if shown {
        vec![ID.to_owned()]
    } else {
        Vec::new()
    };
    let found = Found {
        state: list_state(found),
        can_calculate_changes: true,
        position,
        ids,
        total: Some(usize::from(found)),
    };
    Ok(found.answer(&query))
}

/// Whether the account's quota, if it has one, is what the filter asks for.
pub(crate) fn is_found(filter: Option<&Filter<Condition>>, quota: &Quota) -> bool {
    quota.limit_octets.is_some_and(|limit| {
        filter.is_none_or(|filter| filter.holds(&mut |condition| condition.holds(quota, limit)))
    })
}

/// The state of a list that has one quota in it or none.
pub(crate) fn list_state(found: bool) -> String {
    let state = if found { "one" } else { "none" };
    state.to_owned()
}

/// RFC 9425 4.3.2.
///
/// # Errors
/// RFC 8620 5.5 `unsupportedSort`.
pub(crate) fn check_order(sort: &[Comparator]) -> Result<(), MethodError> {
    let known = |comparator: &Comparator| ["name", "used"].contains(&comparator.property.as_str());
    match sort.iter().all(known) {
        true => Ok(()),
        false => Err(MethodError::unsupported_sort(
            "`name` and `used` are sorted by",
        )),
    }
}
