//! Emails of several mailboxes in the order asked for (RFC 8621 4.4.2).

use std::collections::HashMap;

use model::{EmailId, MailboxId, Timestamp};
use store::{EmailRow, Error};

use super::sets::Place;
use super::test::Match;
use super::{EmailComparator, EmailSortBy, Hit};
use crate::search::{Bits, SortBy, sent_ms, texts};

/// The emails in the order asked for.
///
/// # Errors
/// The engine cannot be read, or nobody waits any more.
pub(super) fn sorted(
    at: Place<'_>,
    mut found: Vec<Match<'_>>,
    comparators: &[EmailComparator],
) -> Result<Vec<Hit>, Error> {
    let descending = comparators.first().is_none_or(|first| first.descending);
    let by_reception = match comparators {
        [] => true,
        [first] => first.by == EmailSortBy::ReceivedAt,
        _ => false,
    };
    if by_reception {
        // By UID they are nearly in this order, of which the sort makes use.
        found.sort_by_key(|found| received(found.row));
        if descending {
            found.reverse();
        }
        return Ok(hits(found.iter()));
    }
    let mut values = Vec::with_capacity(comparators.len());
    for comparator in comparators {
        let mut of_all = self::values(at, &found, &comparator.by)?;
        if comparator.descending {
            // The complement turns the order around, and leaves no number out.
            of_all.iter_mut().for_each(|value| *value = !*value);
        }
        values.push(of_all);
    }
    let mut order: Vec<usize> = (0..found.len()).collect();
    let of_row = |at: usize| found.get(at).map(|found| received(found.row));
    order.sort_by(|a, b| {
        let unequal = values
            .iter()
            .map(|values| values.get(*a).cmp(&values.get(*b)))
            .find(|order| order.is_ne());
        unequal.unwrap_or_else(|| {
            let tied = of_row(*a).cmp(&of_row(*b));
            if descending { tied.reverse() } else { tied }
        })
    });
    Ok(hits(order.into_iter().filter_map(|at| found.get(at))))
}

fn hits<'a>(found: impl Iterator<Item = &'a Match<'a>>) -> Vec<Hit> {
    found
        .map(|found| (found.row.email, found.row.thread))
        .collect()
}

fn received(row: &EmailRow) -> (Timestamp, EmailId) {
    (row.received_at, row.email)
}

/// What the emails have to compare: smaller stands before larger.
fn values(at: Place<'_>, found: &[Match<'_>], by: &EmailSortBy) -> Result<Vec<i64>, Error> {
    let of_rows = |value: &dyn Fn(&EmailRow) -> i64| found.iter().map(|f| value(f.row)).collect();
    Ok(match by {
        EmailSortBy::ReceivedAt => of_rows(&|row| row.received_at.0),
        EmailSortBy::SentAt => of_rows(&sent_ms),
        EmailSortBy::Size => of_rows(&|row| i64::from(row.size)),
        EmailSortBy::From => ranks(at, found, SortBy::DisplayFrom)?,
        EmailSortBy::To => ranks(at, found, SortBy::DisplayTo)?,
        EmailSortBy::Subject => ranks(at, found, SortBy::Subject)?,
        EmailSortBy::HasKeyword(keyword) => {
            let keyword = at.catalogue.keyword(keyword);
            of_rows(&|row| i64::from(row.keywords.intersects(keyword)))
        }
        EmailSortBy::SomeInThreadHaveKeyword(keyword) => {
            let (having, _) = at.threads_by_keyword(at.catalogue.keyword(keyword));
            of_rows(&|row| i64::from(having.contains(row.thread.0)))
        }
        EmailSortBy::AllInThreadHaveKeyword(keyword) => {
            let (_, lacking) = at.threads_by_keyword(at.catalogue.keyword(keyword));
            of_rows(&|row| i64::from(!lacking.contains(row.thread.0)))
        }
    })
}

/// The ranks of the emails' texts among each other.
fn ranks(at: Place<'_>, found: &[Match<'_>], by: SortBy) -> Result<Vec<i64>, Error> {
    let mut by_mailbox: HashMap<MailboxId, Vec<(usize, usize)>> = HashMap::new();
    for (place, found) in found.iter().enumerate() {
        let view = at.catalogue.inner.view(found.mailbox);
        if let Some(position) = view.and_then(|view| view.position_of(found.row.uid)) {
            let places = by_mailbox.entry(found.mailbox).or_default();
            places.push((position, place));
        }
    }
    let mut all: Vec<(Vec<u8>, usize)> = Vec::with_capacity(found.len());
    for (mailbox, mut places) in by_mailbox {
        let Some(scope) = at.scope(mailbox) else {
            continue;
        };
        places.sort_unstable();
        let mut among = Bits::none(scope.rows.len());
        places
            .iter()
            .for_each(|(position, _)| among.insert(*position));
        let mut expected = places.iter();
        texts(&scope, at.columns, &among, by, &mut |position, text| {
            if let Some((_, place)) = expected.find(|(at, _)| *at == position) {
                all.push((text.to_vec(), *place));
            }
        })?;
    }
    all.sort_unstable();
    let mut ranks = vec![0; found.len()];
    let (mut rank, mut before): (i64, &[u8]) = (0, &[]);
    for (text, place) in &all {
        rank += i64::from(text != before);
        before = text;
        if let Some(value) = ranks.get_mut(*place) {
            *value = rank;
        }
    }
    Ok(ranks)
}
