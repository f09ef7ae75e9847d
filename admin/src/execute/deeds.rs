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
            let mut shown = line(entry, &mut known, services).await?;
            for words in &mut shown.what {
                *words = with_addresses(words, &mut known, services).await?;
            }
            entries.push(shown);
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

/// The words with addresses in the place of the numbers of those who are there.
async fn with_addresses(
    words: &str,
    known: &mut Known,
    services: &Services,
) -> Result<String, Failure> {
    let mut named = String::with_capacity(words.len());
    let mut rest = words;
    while let Some((before, number, behind)) = next_number(rest) {
        let id = PrincipalId(number);
        let address = match known.addresses.get(&id) {
            Some(address) => address.clone(),
            None => {
                let found = services.directory().principal(id).await;
                let found = found.map_err(directory::Error::from)?;
                let address = found.map(|principal| principal.address.clone());
                known.addresses.insert(id, address.clone());
                address
            }
        };
        named.push_str(before);
        match address {
            Some(address) => named.push_str(&address),
            None => named.push_str(&format!("#{number}")),
        }
        rest = behind;
    }
    named.push_str(rest);
    Ok(named)
}

/// The next number of a principal, with what stands before and behind it. What people named stands in quotes, and the number of
/// something else behind the word for that or in parentheses.
fn next_number(words: &str) -> Option<(&str, u32, &str)> {
    let mut quoted = false;
    for (at, letter) in words.char_indices() {
        match letter {
            '`' => quoted = !quoted,
            '#' if !quoted && is_of_principal(&words[..at]) => {
                let behind = &words[at + 1..];
                let end = behind.find(|letter: char| !letter.is_ascii_digit());
                let (digits, behind) = behind.split_at(end.unwrap_or(behind.len()));
                if let Ok(number) = digits.parse() {
                    return Some((&words[..at], number, behind));
                }
            }
            _ => {}
        }
    }
    None
}

fn is_of_principal(before: &str) -> bool {
    const OTHERS: [&str; 7] = [
        "(",
        "credential ",
        "queue ",
        "email ",
        "object ",
        "mailbox ",
        "collection ",
    ];
    !OTHERS.iter().any(|other| before.ends_with(other))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_principals_are_told_from_others() {
        let found = |words| next_number(words).map(|(before, number, _)| (before, number));
        let set = "set how mail to #9 goes on: #2 writes as it";
        assert_eq!(found(set), Some(("set how mail to ", 9)));
        let (_, _, behind) = next_number(set).unwrap();
        assert_eq!(found(behind), Some((" goes on: ", 2)));
        let alias = "set alias `info@example.org` of #3";
        assert_eq!(found(alias), Some(("set alias `info@example.org` of ", 3)));
        assert_eq!(found("removed #7"), Some(("removed ", 7)));
        for words in [
            "removed credential #7",
            "set person `anna@example.org` (#3)",
            "set app password `of #4`",
            "took queue #1 out of the queue",
            "#",
            "# 4",
            "#99999999999",
        ] {
            assert_eq!(found(words), None, "{words}");
        }
    }
}
