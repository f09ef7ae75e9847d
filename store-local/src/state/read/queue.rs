//! Reading the queue.

use model::{AccountId, QueueId, QueuePlace, Queued};
use rusqlite::{Connection, Row, params};
use store::Error;

use super::{collect, first};
use crate::journal::signed;

/// Messages behind a place, in the order of the queue.
pub(crate) fn queue(
    state: &Connection,
    after: Option<QueuePlace>,
    limit: usize,
) -> Result<Vec<Queued>, Error> {
    let limit = signed(limit as u64);
    let rows: Vec<Stored> = match after {
        None => {
            let sql = "SELECT account, item, standing FROM queue ORDER BY accepted_ms, account, id LIMIT ?";
            collect(state, sql, params![limit], stored)?
        }
        Some(after) => {
            let sql =
                "SELECT account, item, standing FROM queue WHERE (accepted_ms, account, id)>(?,?,?)
                ORDER BY accepted_ms, account, id LIMIT ?";
            let place = params![after.accepted_at.0, after.account.0, after.id.0, limit];
            collect(state, sql, place, stored)?
        }
    };
    rows.into_iter().map(decode).collect()
}

/// One message of an account.
pub(crate) fn queued(
    state: &Connection,
    account: AccountId,
    id: QueueId,
) -> Result<Option<Queued>, Error> {
    let sql = "SELECT account, item, standing FROM queue WHERE account=? AND id=?";
    let row = first(state, sql, params![account.0, id.0], stored)?;
    row.map(decode).transpose()
}

/// Account, item and standing as the row has them.
type Stored = (u32, Vec<u8>, Option<Vec<u8>>);

fn stored(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn decode((account, item, standing): Stored) -> Result<Queued, Error> {
    let damaged = |_| Error::Damaged("a queued message".into());
    Ok(Queued {
        account: AccountId(account),
        item: postcard::from_bytes(&item).map_err(damaged)?,
        standing: match standing {
            Some(standing) => postcard::from_bytes(&standing).map_err(damaged)?,
            None => model::QueueStanding::default(),
        },
    })
}
