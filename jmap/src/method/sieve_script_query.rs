//! `SieveScript/query` (RFC 9661 2.5).

use std::cmp::Ordering;

use crate::call::{Call, Outcome};
use crate::codec::argument::Arguments;
use crate::codec::filter::{Comparator, FilterFault};
use crate::codec::id::{SieveScriptId, WireId};
use crate::error::MethodError;
use crate::standard::query::{Found, Query};
use crate::words::sieve;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let query = Query::<Condition>::read(&mut call, Condition::read).await?;
    call.finish()?;
    let known = ["name", "isActive"];
    let is_known = |it: &Comparator| known.contains(&it.property.as_str());
    if let Some(other) = query.sort.iter().find(|it| !is_known(it)) {
        let why = format!("Scripts are not sorted by `{}`.", other.property);
        return Err(MethodError::unsupported_sort(why));
    }
    let (mut all, state) = sieve::all(&call, query.account).await?;
    if let Some(filter) = &query.filter {
        all.retain(|script| {
            filter.holds(&mut |condition: &Condition| {
                let name = condition.name.as_ref();
                name.is_none_or(|text| script.name.to_lowercase().contains(text.as_str()))
                    && condition
                        .is_active
                        .is_none_or(|wanted| wanted == script.is_active)
            })
        });
    }
    all.sort_by(|one, other| {
        let by = |comparator: &Comparator| {
            let order = match comparator.property.as_str() {
                "isActive" => one.is_active.cmp(&other.is_active),
                _ => one.name.to_lowercase().cmp(&other.name.to_lowercase()),
            };
            if comparator.ascending {
                order
            } else {
                order.reverse()
            }
        };
        let order = query.sort.iter().map(by);
        let order = { order }.find(|order| *order != Ordering::Equal);
        order.unwrap_or_else(|| one.id.cmp(&other.id))
    });
    let ids: Vec<SieveScriptId> = all.iter().map(|script| SieveScriptId(script.id)).collect();
    let (position, part) = query.window.part(&call, &ids)?;
    Ok(Found {
        state,
        can_calculate_changes: false,
        position,
        ids: part.iter().map(|id| id.wire()).collect(),
        total: Some(ids.len()),
    }
    .answer(&query))
}

/// RFC 9661 2.5: a part of the name, letter case aside; whether it is the active one.
#[derive(Clone, Debug)]
struct Condition {
    name: Option<String>,
    is_active: Option<bool>,
}

impl Condition {
    fn read(condition: &mut Arguments) -> Result<Self, FilterFault> {
        Ok(Self {
            name: condition.text("name")?.map(|name| name.to_lowercase()),
            is_active: condition.flag("isActive")?,
        })
    }
}
