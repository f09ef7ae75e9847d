//! `FETCH` (RFC 9051 6.4.5) with CHANGEDSINCE and VANISHED (RFC 7162), BINARY, OBJECTID and PREVIEW.

mod content;
mod plan;
mod stream;

use std::ops::Range;

use groupware::{EmailRow, KeywordChange};
use model::{Keyword, Keywords, NumberSet, Rights, Seq};

use crate::answer::{Answer, Failure};
use crate::client::Client;
use crate::codec::{By, Code, Fetch, PartialRange, SequenceSet};
use crate::numbers::common;
use crate::output::Output;
use crate::selected::Selected;
use crate::session::expunges_before;
use crate::updates;
use crate::user::User;

use plan::{Need, Plan};

/// A message that is answered about.
#[derive(Clone, Copy, Debug)]
struct Target {
    position: usize,
    row: EmailRow,
}

pub(super) async fn run(
    client: &mut Client,
    out: &mut Output,
    fetch: &Fetch<'_>,
) -> Result<Answer, Failure> {
    if fetch.vanished && !client.enabled.qresync {
        // RFC 7162 3.2.6: only after ENABLE QRESYNC.
        return Err(Answer::bad("Enable QRESYNC first").into());
    }
    updates::before(client, out, expunges_before(fetch.by)).await?;
    let user = client.user()?;
    let enabled = client.enabled;
    let selected = client.selected()?;
    let mut plan = Plan::new(fetch, enabled, selected.ids);
    let mut positions = selected.positions(fetch.by, &fetch.set);
    if let Some(range) = fetch.partial {
        positions = page(&positions, range);
    }
    if fetch.vanished {
        tell_vanished(&user, selected, out, fetch).await?;
    }
    if plan.sets_seen {
        plan.seen_now = set_seen(&user, selected, &positions).await?;
    }
    let gone = match plan.need {
        Need::Rows => rows(selected, out, &plan, &positions).await?,
        need => {
            let (targets, gone) = targets(selected, &plan, positions);
            gone + stream::run(&user, selected, out, &mut plan, need, &targets).await?
        }
    };
    Ok(end(&plan, fetch.by, gone))
}

/// RFC 9394 3.3: of the messages that the set names, those at these places. RFC 9394 3.4: CHANGEDSINCE then chooses
/// among them.
fn page(positions: &[Range<usize>], range: PartialRange) -> Vec<Range<usize>> {
    let wanted = range.of(positions.iter().map(ExactSizeIterator::len).sum());
    let mut before = 0;
    let mut page = Vec::new();
    for run in positions {
        let skipped = wanted.start.saturating_sub(before).min(run.len());
        let taken = wanted.end.saturating_sub(before).min(run.len());
        if skipped < taken {
            page.push(run.start + skipped..run.start + taken);
        }
        before += run.len();
    }
    page
}

/// RFC 9051 6.4.5: reading a message marks it as seen; all of them in one commit.
async fn set_seen(
    user: &User,
    selected: &mut Selected,
    positions: &[Range<usize>],
) -> Result<NumberSet, Failure> {
    // RFC 4314 4: without the right, it is simply not marked.
    if selected.read_only || !selected.rights.contains(Rights::SEEN) {
        return Ok(NumberSet::new());
    }
    let Some(view) = selected.known().cloned() else {
        return Ok(NumberSet::new());
    };
    let mut unseen = NumberSet::new();
    for range in positions {
        view.range(range.clone())
            .filter(|row| !row.keywords.contains(Keywords::SEEN))
            .for_each(|row| unseen.push(row.uid.0));
    }
    if unseen.is_empty() {
        return Ok(unseen);
    }
    let seen = Keyword::try_from("$seen").map_err(|_| Answer::bad("No keyword"))?;
    let place = selected.place;
    let set = user
        .groupware
        .set_keywords(
            &user.caller,
            place.account,
            place.mailbox,
            unseen,
            KeywordChange::Add(vec![seen]),
            None,
        )
        .await?;
    selected.news(user, true).await?;
    selected.tell(set.seq, set.changed.clone());
    Ok(set.changed)
}

/// RFC 7162 3.2.6: which of the UIDs asked for are gone since then.
async fn tell_vanished(
    user: &User,
    selected: &Selected,
    out: &mut Output,
    fetch: &Fetch<'_>,
) -> Result<(), Failure> {
    let Some(view) = selected.latest() else {
        return Ok(());
    };
    let last = view.uid_next().0.saturating_sub(1);
    let asked = match &fetch.set {
        SequenceSet::Saved => selected.saved.clone(),
        set @ SequenceSet::Ranges(_) => set.resolve(last),
    };
    let asked = common(&asked, &NumberSet::range(1, last));
    let since = Seq(fetch.changed_since.unwrap_or_default());
    let gone = super::select::vanished(user, selected, &asked, since).await?;
    out.encoder().vanished(gone.ranges(), true);
    Ok(())
}

/// Answers what the rows tell; says how many messages are gone.
async fn rows(
    selected: &mut Selected,
    out: &mut Output,
    plan: &Plan<'_>,
    positions: &[Range<usize>],
) -> Result<u64, Failure> {
    let (Some(known), Some(latest)) = (selected.known().cloned(), selected.latest().cloned())
    else {
        return Ok(0);
    };
    let mut gone = 0;
    for range in positions {
        for (position, row) in range.clone().zip(known.range(range.clone())) {
            let Some(row) = selected.row_now(row) else {
                gone += 1;
                continue;
            };
            if !plan.wants(&row) {
                continue;
            }
            let target = Target { position, row };
            plan.rows_line(out, &mut selected.flag_texts, &latest, &target);
            if out.is_full() {
                out.relieve().await?;
            }
        }
    }
    Ok(gone)
}

/// The messages to answer about, and how many are gone.
fn targets(
    selected: &Selected,
    plan: &Plan<'_>,
    positions: Vec<Range<usize>>,
) -> (Vec<Target>, u64) {
    let Some(known) = selected.known() else {
        return (Vec::new(), 0);
    };
    let (mut targets, mut gone) = (Vec::new(), 0);
    for range in positions {
        for (position, row) in range.clone().zip(known.range(range)) {
            match selected.row_now(row) {
                Some(row) if plan.wants(&row) => targets.push(Target { position, row }),
                Some(_) => {}
                None => gone += 1,
            }
        }
    }
    (targets, gone)
}

fn end(plan: &Plan<'_>, by: By, gone: u64) -> Answer {
    if plan.unknown_encoding {
        // RFC 3516 4.3: UNKNOWN-CTE.
        return Answer::no(Code::UnknownCte, "A part is encoded in an unknown way");
    }
    if gone > 0 && by == By::Sequence {
        // RFC 9051 7.1: EXPUNGEISSUED; of UIDs that are gone nobody speaks (RFC 9051 6.4.9).
        return Answer::no(Code::ExpungeIssued, "Some messages are gone");
    }
    Answer::ok("FETCH completed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_taken_across_the_runs_of_a_set() {
        let of = |first, last, from_end| -> Vec<usize> {
            let range = PartialRange {
                first,
                last,
                from_end,
            };
            page(&[2..4, 7..10], range).into_iter().flatten().collect()
        };
        assert_eq!(of(1, 1, false), [2]);
        assert_eq!(of(2, 3, false), [3, 7]);
        assert_eq!(of(5, 9, false), [9]);
        assert!(of(6, 9, false).is_empty());
        assert_eq!(of(1, 4, true), [3, 7, 8, 9]);
        assert_eq!(of(5, 9, true), [2]);
        assert!(of(6, 9, true).is_empty());
        assert_eq!(of(1, u32::MAX, true), [2, 3, 7, 8, 9]);
    }
}
