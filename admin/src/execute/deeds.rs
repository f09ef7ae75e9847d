//! What was done to the directory, the latest first.

use std::collections::HashMap;

use model::{AccountId, PrincipalId, Seq};

use super::journal::{Known, line};
use super::principal::find;
use crate::reply::JournalPage;
use crate::request::deeds::DeedsRequest;
use crate::words::Names;
use crate::{Failure, JournalEntry, Reply, Services};

/// Entries of one page.
const PAGE_ENTRIES_MAX: u32 = 500;
/// Entries read at a time, going back.
const CHUNK_ENTRIES: u64 = 500;
/// Entries looked at for one page; the answer says where to go on.
const LOOKED_AT_MAX: u64 = 20_000;

pub(super) async fn run(request: DeedsRequest, services: &Services) -> Result<Reply, Failure> {
    let actor = match &request.actor {
        Some(address) => match address.strip_prefix('#') {
            Some(number) => Some(PrincipalId(number.parse().map_err(|_| {
                Failure::refused(format!("`{address}` is no number of an account"))
            })?)),
            None => Some(find(address, services).await?.id),
        },
        None => None,
    };
    let limit = request.limit.clamp(1, PAGE_ENTRIES_MAX) as usize;
    let mut end = match request.before {
        Some(before) => before.saturating_sub(1),
        None => latest(services).await?,
    };
    let first = end;
    let mut known = Known {
        names: Names::default(),
        addresses: HashMap::new(),
    };
    let mut entries = Vec::new();
    while end > 0 && first - end < LOOKED_AT_MAX {
        let begin = end.saturating_sub(CHUNK_ENTRIES);
        let count = usize::try_from(end - begin).unwrap_or(usize::MAX);
        for entry in read(Seq(begin), count, services).await?.iter().rev() {
            let is_wanted = actor.is_none_or(|actor| {
                let commit = entry.commit.as_ref();
                commit.is_some_and(|commit| commit.actor.principal == Some(actor))
            });
            if !is_wanted {
                continue;
            }
            entries.push(line(entry, &mut known, services).await?);
            if entries.len() == limit {
                let next = (entry.seq.0 > 1).then_some(entry.seq.0);
                return Ok(Reply::Journal(JournalPage { entries, next }));
            }
        }
        end = begin;
    }
    let next = (end > 0).then_some(end + 1);
    Ok(Reply::Journal(JournalPage { entries, next }))
}

async fn read(after: Seq, count: usize, services: &Services) -> Result<Vec<JournalEntry>, Failure> {
    services
        .blocking(move |storage| storage.journal(AccountId::DIRECTORY, after, count))
        .await
}

/// The number of the last entry. They are numbered without a gap, so it is found by halving.
async fn latest(services: &Services) -> Result<u64, Failure> {
    let there = async |seq: u64| {
        let found = read(Seq(seq - 1), 1, services).await?;
        Ok::<bool, Failure>(!found.is_empty())
    };
    let (mut low, mut high) = (0, 1);
    while there(high).await? {
        low = high;
        high *= 2;
    }
    // The entry `low` is there, `high` is not.
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if there(middle).await? {
            low = middle;
        } else {
            high = middle;
        }
    }
    Ok(low)
}
