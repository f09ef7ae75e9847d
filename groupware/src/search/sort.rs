//! Emails in a certain order (RFC 5256, RFC 5957, RFC 8621 4.4.2).

use store::{EmailRow, Error};

use super::bits::Bits;
use super::columns::Columns;
use super::key::Key;
use super::scope::Scope;

/// Comparators of one order; there are nine that differ.
pub const COMPARATORS_MAX: usize = 16;

/// What is compared. Texts compare without regard to letter case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SortBy {
    /// When it was received.
    Received,
    /// Its `Date`, or when it was received where that is not readable (RFC 5256 2.2).
    Sent,
    /// Its size.
    Size,
    /// Its subject without what replies add (RFC 5256 2.1).
    Subject,
    /// Local part of the first address in `From`.
    From,
    /// Local part of the first address in `To`.
    To,
    /// Local part of the first address in `Cc`.
    Cc,
    /// First display name in `From`, or the address where there is none (RFC 5957, RFC 8621 `from`).
    DisplayFrom,
    /// First display name in `To`, or the address where there is none (RFC 5957, RFC 8621 `to`).
    DisplayTo,
}

/// One step of a comparison: where it finds two emails equal, the next one decides, and at last their UIDs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Comparator {
    /// What is compared.
    pub by: SortBy,
    /// The largest first.
    pub descending: bool,
}

/// The positions among these in the order asked for.
///
/// # Errors
/// [`Error::Limit`] for more than [`COMPARATORS_MAX`]; the engine cannot be read; nobody waits any more.
pub(crate) fn sorted(
    scope: &Scope<'_>,
    columns: &Columns,
    among: &Bits,
    comparators: &[Comparator],
) -> Result<Vec<usize>, Error> {
    if comparators.len() > COMPARATORS_MAX {
        return Err(Error::Limit("there are too many comparators"));
    }
    // RFC 5256 3: what is equal in all respects stands by sequence number, and so does everything without a comparator.
    let Some((first, others)) = comparators.split_first() else {
        return Ok(among.iter().collect());
    };
    let first = values(scope, columns, among, *first)?;
    let mut keyed: Vec<(i64, usize)> = first.into_iter().zip(0..).collect();
    let mut ties = Vec::with_capacity(others.len());
    for comparator in others {
        ties.push(values(scope, columns, among, *comparator)?);
    }
    keyed.sort_unstable_by(|(a, at), (b, bt)| {
        let tied = || {
            ties.iter()
                .map(|values| values.get(*at).cmp(&values.get(*bt)))
        };
        a.cmp(b).then_with(|| {
            tied()
                .find(|order| order.is_ne())
                .unwrap_or_else(|| at.cmp(bt))
        })
    });
    let positions: Vec<usize> = among.iter().collect();
    Ok(keyed
        .into_iter()
        .filter_map(|(_, at)| positions.get(at).copied())
        .collect())
}

/// When an email was sent, in milliseconds.
///
/// RFC 5256 2.2: where there is no valid `Date`, the time of reception counts.
pub(crate) fn sent_ms(row: &EmailRow) -> i64 {
    row.sent_at
        .map_or(row.received_at.0, |seconds| seconds.saturating_mul(1_000))
}

/// Calls `each` with the positions among these, rising, and the texts that the emails there compare by; with none for
/// what is no text.
///
/// # Errors
/// The engine cannot be read; nobody waits any more.
pub(crate) fn texts(
    scope: &Scope<'_>,
    columns: &Columns,
    among: &Bits,
    by: SortBy,
    each: &mut dyn FnMut(usize, &[u8]),
) -> Result<(), Error> {
    let Some(key) = key(by) else {
        return Ok(());
    };
    for column in columns.get(scope, &[key])? {
        for (at, text) in column.along(&scope.rows, among) {
            each(at, text);
        }
    }
    Ok(())
}

/// The column of the texts that are compared.
fn key(by: SortBy) -> Option<Key> {
    match by {
        SortBy::Received | SortBy::Sent | SortBy::Size => None,
        SortBy::Subject => Some(Key::BaseSubject),
        SortBy::From => Some(Key::FromMailbox),
        SortBy::To => Some(Key::ToMailbox),
        SortBy::Cc => Some(Key::CcMailbox),
        SortBy::DisplayFrom => Some(Key::FromDisplay),
        SortBy::DisplayTo => Some(Key::ToDisplay),
    }
}

/// What the emails at these positions have to compare: smaller stands before larger.
fn values(
    scope: &Scope<'_>,
    columns: &Columns,
    among: &Bits,
    comparator: Comparator,
) -> Result<Vec<i64>, Error> {
    scope.go_on()?;
    let of_rows = |value: fn(&EmailRow) -> i64| {
        let rows = scope.rows_at(among);
        rows.map(|(_, row)| value(row)).collect()
    };
    let mut values: Vec<i64> = match comparator.by {
        SortBy::Received => of_rows(|row| row.received_at.0),
        SortBy::Sent => of_rows(sent_ms),
        SortBy::Size => of_rows(|row| i64::from(row.size)),
        by => match key(by) {
            Some(key) => ranks(scope, columns, among, key)?,
            None => Vec::new(),
        },
    };
    if comparator.descending {
        // The complement turns the order around, and leaves no number out.
        values.iter_mut().for_each(|value| *value = !*value);
    }
    Ok(values)
}

fn ranks(scope: &Scope<'_>, columns: &Columns, among: &Bits, key: Key) -> Result<Vec<i64>, Error> {
    let columns = columns.get(scope, &[key])?;
    let column = columns.first().map(|column| {
        let ranks = column.ranks(&scope.rows, among);
        ranks.map(|(_, rank)| i64::from(rank)).collect()
    });
    Ok(column.unwrap_or_default())
}
