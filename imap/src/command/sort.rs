//! `SORT` (RFC 5256) with DISPLAY (RFC 5957) and ESORT (RFC 5267).

use groupware::search::{Comparator, SortBy};

use super::search::filter::filter;
use super::search::outcome::Outcome;
use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::{Sort, SortCriterion, SortKey};
use crate::output::Output;
use crate::session::expunges_before;
use crate::updates;

pub(super) async fn run(
    client: &mut Client,
    out: &mut Output,
    tag: &str,
    sort: &Sort<'_>,
) -> Result<Answer, Failure> {
    updates::before(client, out, expunges_before(sort.by)).await?;
    let user = client.user()?;
    let now = client.groupware.clock().now();
    let selected = client.selected()?;
    let filter = filter(&sort.key, selected, now)?;
    let Some(view) = selected.latest().cloned() else {
        return Ok(Answer::ok("SORT completed"));
    };
    let comparators: Vec<Comparator> = sort.criteria.iter().map(comparator).collect();
    let found = user
        .groupware
        .sort(&user.caller, &view, &filter, &comparators)
        .await?;
    let outcome = Outcome::new(selected, sort.by, found, sort.key.has_mod_seq());
    match sort.returns {
        Some(returns) => {
            if returns.save {
                selected.saved = outcome.saved(returns);
            }
            outcome.esearch(out, tag, returns);
        }
        None => out.encoder().sort(outcome.numbers.iter().copied()),
    }
    Ok(Answer::ok("SORT completed"))
}

fn comparator(criterion: &SortCriterion) -> Comparator {
    Comparator {
        by: match criterion.key {
            SortKey::Arrival => SortBy::Received,
            SortKey::Cc => SortBy::Cc,
            SortKey::Date => SortBy::Sent,
            SortKey::DisplayFrom => SortBy::DisplayFrom,
            SortKey::DisplayTo => SortBy::DisplayTo,
            SortKey::From => SortBy::From,
            SortKey::Size => SortBy::Size,
            SortKey::Subject => SortBy::Subject,
            SortKey::To => SortBy::To,
        },
        descending: criterion.reverse,
    }
}
