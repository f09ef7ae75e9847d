//! `EmailSubmission/query` (RFC 8621 7.3).

use std::cmp::Ordering;
use std::collections::BTreeSet;

use groupware::SentStatus;
use model::{AccountId, EmailId, ThreadId, Timestamp};

use crate::call::{Call, Outcome};
use crate::codec::argument::Arguments;
use crate::codec::filter::{Comparator, Filter, FilterFault};
use crate::codec::id::{IdentityId, SubmissionId, WireId};
use crate::error::MethodError;
use crate::standard::query::{Found, Query};
use crate::words::records::not_supported;
use crate::words::submission::undo_status;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let query = Query::<Condition>::read(&mut call, Condition::read).await?;
    call.finish()?;
    let filter = query.filter.as_ref();
    let (ids, state) = found(&call, query.account, filter, &query.sort).await?;
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

/// What is looked for.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    /// As they came: an id that is nobody's matches nothing.
    identities: Option<BTreeSet<String>>,
    emails: Option<BTreeSet<String>>,
    threads: Option<BTreeSet<String>>,
    undo: Option<String>,
    before: Option<Timestamp>,
    after: Option<Timestamp>,
}

impl Condition {
    pub(super) fn read(condition: &mut Arguments) -> Result<Self, FilterFault> {
        let mut ids = |name: &str| {
            let ids = condition.ids(name)?;
            Ok::<_, FilterFault>(ids.map(BTreeSet::from_iter))
        };
        let (identities, emails, threads) =
            (ids("identityIds")?, ids("emailIds")?, ids("threadIds")?);
        Ok(Self {
            identities,
            emails,
            threads,
            undo: condition.text("undoStatus")?,
            before: condition.date("before")?,
            after: condition.date("after")?,
        })
    }

    fn holds(&self, status: &SentStatus) -> bool {
        let sent = &status.sent;
        let is_in = |ids: &Option<BTreeSet<String>>, id: String| {
            ids.as_ref().is_none_or(|ids| ids.contains(&id))
        };
        let identity = IdentityId::from_number(sent.identity);
        let undo = undo_status(status.undo);
        is_in(&self.identities, identity.wire())
            && is_in(&self.emails, EmailId(sent.email).wire())
            && is_in(&self.threads, ThreadId(sent.thread).wire())
            && self.undo.as_deref().is_none_or(|wanted| wanted == undo)
            // RFC 8621 7.3: before that moment; then or after it.
            && self.before.is_none_or(|before| sent.send_at < before)
            && self.after.is_none_or(|after| sent.send_at >= after)
    }
}

/// All that is found, in its order, and the state.
pub(super) async fn found(
    call: &Call,
    account: AccountId,
    filter: Option<&Filter<Condition>>,
    sort: &[Comparator],
) -> Result<(Vec<SubmissionId>, String), MethodError> {
    let known = ["emailId", "threadId", "sentAt"];
    if let Some(other) = sort
        .iter()
        .find(|it| !known.contains(&it.property.as_str()))
    {
        let why = format!("Submissions are not sorted by `{}`.", other.property);
        return Err(MethodError::unsupported_sort(why));
    }
    let sent = call.groupware().sent(call.caller(), account).await;
    let (mut all, state) = sent.map_err(not_supported)?;
    all.retain(|status| filter.is_none_or(|filter| filter.holds(&mut |it| it.holds(status))));
    all.sort_by(|one, other| {
        let by = |comparator: &Comparator| {
            let order = match comparator.property.as_str() {
                "emailId" => one.sent.email.cmp(&other.sent.email),
                "threadId" => one.sent.thread.cmp(&other.sent.thread),
                _ => one.sent.send_at.cmp(&other.sent.send_at),
            };
            if comparator.ascending {
                order
            } else {
                order.reverse()
            }
        };
        let order = sort.iter().map(by).find(|order| *order != Ordering::Equal);
        order.unwrap_or_else(|| one.id.cmp(&other.id))
    });
    let ids = all.iter().map(|status| SubmissionId(status.id)).collect();
    Ok((ids, state.0.to_string()))
}
