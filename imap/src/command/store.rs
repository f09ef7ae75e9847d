//! `STORE` (RFC 9051 6.4.6) with UNCHANGEDSINCE (RFC 7162 3.1.3).

use std::ops::Range;

use groupware::{EventCause, KeywordChange, KeywordsSet, MailEvent};
use model::{Keyword, NumberSet};

use super::writable;
use crate::answer::{Answer, AnswerCode, Failure};
use crate::client::Client;
use crate::codec::{By, Code, Store};
use crate::output::Output;
use crate::selected::Selected;
use crate::session::expunges_before;
use crate::updates::{self, number, numbers};
use crate::words;

pub(super) async fn run(
    client: &mut Client,
    out: &mut Output,
    store: &Store<'_>,
) -> Result<Answer, Failure> {
    writable(client)?;
    let change = words::keyword_change(store.action, &store.flags)?;
    updates::before(client, out, expunges_before(store.by)).await?;
    let user = client.user()?;
    let condstore = client.enabled.condstore;
    let selected = client.selected()?;
    let positions = selected.positions(store.by, &store.set);
    let uids = selected.uids(store.by, &store.set);
    let asked = uids.len();
    let place = selected.place;
    let changed = keywords_of(&change);
    let unchanged_since = store.unchanged_since.map(words::unchanged_since);
    let set = user
        .groupware
        .set_keywords(
            &user.caller,
            place.account,
            place.mailbox,
            uids,
            change,
            unchanged_since,
        )
        .await?;
    let event = MailEvent {
        place,
        uids: set.changed.clone(),
        cause: EventCause::Flag,
        changed,
    };
    user.groupware.mail_changed(&user.caller, &event).await;
    selected.news(&user, true).await?;
    selected.tell(set.seq, set.changed.clone());
    updates::tell_keywords(selected, out);
    let gone = answer_lines(selected, out, &positions, &set, store, condstore).await?;
    Ok(end(selected, &set, store, asked, gone))
}

/// The keywords that a change is about.
fn keywords_of(change: &KeywordChange) -> Vec<Keyword> {
    match change {
        KeywordChange::Add(keywords)
        | KeywordChange::Remove(keywords)
        | KeywordChange::Replace(keywords) => keywords.clone(),
    }
}

/// One FETCH for each message whose flags the client wants to hear; says how many messages are gone.
async fn answer_lines(
    selected: &mut Selected,
    out: &mut Output,
    positions: &[Range<usize>],
    set: &KeywordsSet,
    store: &Store<'_>,
    condstore: bool,
) -> Result<u64, Failure> {
    let (Some(known), Some(latest)) = (selected.known().cloned(), selected.latest().cloned())
    else {
        return Ok(0);
    };
    // RFC 7162 3.1.3: with CONDSTORE, even SILENT hears the new modification sequence.
    if store.silent && !condstore {
        return Ok(0);
    }
    let mut gone = 0;
    for range in positions {
        for (position, row) in range.clone().zip(known.range(range.clone())) {
            let Some(now) = selected.row_now(row) else {
                gone += 1;
                continue;
            };
            // Who failed UNCHANGEDSINCE hears of it by MODIFIED.
            let silent = store.silent && !set.changed.contains(row.uid.0);
            if silent || set.modified.contains(row.uid.0) {
                continue;
            }
            let mut encoder = out.encoder();
            let mut line = encoder.fetch(number(position));
            if store.by == By::Uid || condstore {
                line.uid(row.uid.0);
            }
            if !store.silent {
                line.flag_text(selected.flag_texts.get(now.keywords, &latest));
            }
            if condstore {
                line.mod_seq(words::mod_seq(now.changed));
            }
            line.finish();
            out.relieve().await?;
        }
    }
    Ok(gone)
}

fn end(selected: &Selected, set: &KeywordsSet, store: &Store<'_>, asked: u64, gone: u64) -> Answer {
    if !set.modified.is_empty() {
        // RFC 7162 3.1.3: MODIFIED in the numbers of the command.
        let ranges = match store.by {
            By::Uid => set.modified.ranges().to_vec(),
            By::Sequence => modified_numbers(selected, &set.modified),
        };
        return Answer::ok_with(AnswerCode::Modified(ranges), "Some had changed since");
    }
    if store.by == By::Sequence && gone > 0 && gone == asked {
        return Answer::no(Code::ExpungeIssued, "These messages are gone");
    }
    Answer::ok("STORE completed")
}

fn modified_numbers(selected: &Selected, modified: &NumberSet) -> Vec<(u32, u32)> {
    selected
        .known()
        .map(|view| numbers(view.select(modified).map(|(position, _)| position)))
        .unwrap_or_default()
}
