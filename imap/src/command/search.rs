//! `SEARCH` (RFC 9051 6.4.4) with ESEARCH, SEARCHRES (RFC 5182), WITHIN and MODSEQ.

pub(super) mod filter;
pub(super) mod outcome;

use model::Uid;

use crate::answer::{Answer, AnswerCode, Failure};
use crate::client::Client;
use crate::codec::{Code, Condition, Search, SearchReturn};
use crate::output::Output;
use crate::session::expunges_before;
use crate::updates;

use outcome::Outcome;

pub(super) async fn run(
    client: &mut Client,
    out: &mut Output,
    tag: &str,
    search: &Search<'_>,
) -> Result<Answer, Failure> {
    let saves = search.returns.is_some_and(|returns| returns.save);
    let answer = find(client, out, tag, search).await;
    match answer {
        Err(Failure::Refused(answer)) if saves && answer.condition == Condition::No => {
            // RFC 5182 2.1: a search that fails leaves an empty result behind.
            client.selected()?.saved = model::NumberSet::new();
            let code = AnswerCode::Plain(Code::NotSaved);
            Err(Failure::Refused(Answer { code, ..answer }))
        }
        other => other,
    }
}

async fn find(
    client: &mut Client,
    out: &mut Output,
    tag: &str,
    search: &Search<'_>,
) -> Result<Answer, Failure> {
    updates::before(client, out, expunges_before(search.by)).await?;
    let user = client.user()?;
    let now = client.groupware.clock().now();
    let rev2 = client.enabled.rev2;
    let selected = client.selected()?;
    let filter = filter::filter(&search.key, selected, now)?;
    let Some(view) = selected.latest().cloned() else {
        return Ok(Answer::ok("SEARCH completed"));
    };
    let found = user.groupware.find(&user.caller, &view, &filter).await?;
    let found: Vec<Uid> = found.iter().map(Uid).collect();
    let outcome = Outcome::new(selected, search.by, found, search.key.has_mod_seq());
    // RFC 9051 7.3.4: IMAP4rev2 knows ESEARCH only.
    let all = SearchReturn {
        all: true,
        ..SearchReturn::default()
    };
    match search.returns.or(rev2.then_some(all)) {
        Some(returns) => {
            if returns.save {
                selected.saved = outcome.saved(returns);
            }
            outcome.esearch(out, tag, returns);
        }
        None => out
            .encoder()
            .search(outcome.numbers.iter().copied(), outcome.mod_seq_of_all()),
    }
    Ok(Answer::ok("SEARCH completed"))
}
