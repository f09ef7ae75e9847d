//! Mail that waits to be sent.

mod send_back;

use groupware::QUEUE_PAGE_MAX;
use model::{AccountId, QueueId, QueuePlace, Queued, QueuedRecipient, Timestamp};

use crate::reply::{QueueItemInfo, QueueLine, QueuePage, QueueRecipientLine};
use crate::request::queue::{QueueCursor, QueueFilter, QueueName, QueueRequest};
use crate::{Failure, Kind, Reply, Services, moment};

/// Messages in one page.
const LINES_MAX: usize = 1_000;
/// Recipients that a line of a listing names; a frame holds a page of them.
const RECIPIENTS_NAMED_MAX: usize = 20;
/// Pages of the store that are looked through for one page of what fits the filter.
const PAGES_LOOKED_THROUGH_MAX: usize = 20;
/// Octets of the reason why a message is held.
const REASON_OCTETS_MAX: usize = 500;
/// Octets of a header that is shown.
const HEADER_OCTETS_MAX: usize = 32 * 1024;

pub(super) async fn run(request: QueueRequest, services: &Services) -> Result<Reply, Failure> {
    let groupware = &services.groupware;
    let actor = services.actor(None);
    let done = match request {
        QueueRequest::List {
            after,
            limit,
            filter,
        } => return list(after, limit as usize, &filter, services).await,
        QueueRequest::Show(name) => return show(name, services).await,
        QueueRequest::Hold { name, reason } => {
            if reason.len() > REASON_OCTETS_MAX {
                return Err(Failure::refused("the reason is too long: say it shorter"));
            }
            let (account, id) = parts(name);
            let held = groupware.hold_queued(&actor, account, id, &reason).await;
            (name, held)
        }
        QueueRequest::Release(name) => {
            let (account, id) = parts(name);
            (name, groupware.release_queued(&actor, account, id).await)
        }
        QueueRequest::Retry(Some(name)) => {
            let (account, id) = parts(name);
            (name, groupware.retry_queued(account, id).await)
        }
        QueueRequest::Retry(None) => {
            groupware.retry_all_queued();
            return Ok(Reply::Done);
        }
        QueueRequest::SendBack(name) => return send_back::run(name, services).await,
        QueueRequest::Cancel(name) => {
            let (account, id) = parts(name);
            (name, groupware.cancel_queued(&actor, account, id).await)
        }
    };
    match done {
        (_, Ok(())) => Ok(Reply::Done),
        (name, Err(groupware::Error::NotFound)) => Err(not_there(name)),
        (_, Err(error)) => Err(error.into()),
    }
}

fn parts(name: QueueName) -> (AccountId, QueueId) {
    (AccountId(name.account), QueueId(name.id))
}

fn not_there(name: QueueName) -> Failure {
    Failure::new(
        Kind::NotFound,
        format!(
            "`{}.{}` does not wait: it was sent, or taken out; see `wachpost queue`",
            name.account, name.id
        ),
    )
}

async fn list(
    after: Option<QueueCursor>,
    limit: usize,
    filter: &QueueFilter,
    services: &Services,
) -> Result<Reply, Failure> {
    let limit = limit.min(LINES_MAX);
    let mut after = after.map(|cursor| QueuePlace {
        accepted_at: Timestamp(cursor.accepted_ms),
        account: AccountId(cursor.name.account),
        id: QueueId(cursor.name.id),
    });
    let mut lines = Vec::new();
    for _ in 0..PAGES_LOOKED_THROUGH_MAX {
        let page = services.groupware.queue_page(after, QUEUE_PAGE_MAX).await?;
        if page.is_empty() {
            return Ok(Reply::Queue(QueuePage { lines, next: None }));
        }
        for queued in page {
            if lines.len() == limit {
                return Ok(Reply::Queue(QueuePage {
                    lines,
                    next: after.map(cursor),
                }));
            }
            after = Some(queued.place());
            if fits(&queued, filter) {
                lines.push(line(&queued, services));
            }
        }
    }
    Ok(Reply::Queue(QueuePage {
        lines,
        next: after.map(cursor),
    }))
}

fn cursor(place: QueuePlace) -> QueueCursor {
    QueueCursor {
        accepted_ms: place.accepted_at.0,
        name: QueueName {
            account: place.account.0,
            id: place.id.0,
        },
    }
}

fn fits(queued: &Queued, filter: &QueueFilter) -> bool {
    let from = |from: &String| queued.item.reverse_path.eq_ignore_ascii_case(from);
    let to = |to: &String| queued.open().any(|(_, recipient)| is_at(recipient, to));
    filter.from.as_ref().is_none_or(from)
        && filter.to.as_ref().is_none_or(to)
        && (!filter.held || queued.standing.hold.is_some())
}

/// Whether it is this recipient, or one at this domain.
fn is_at(recipient: &QueuedRecipient, to: &str) -> bool {
    let path = &recipient.forward_path;
    let domain = path.rsplit_once('@').map_or("", |(_, domain)| domain);
    path.eq_ignore_ascii_case(to) || domain.eq_ignore_ascii_case(to.trim_start_matches('@'))
}

fn line(queued: &Queued, services: &Services) -> QueueLine {
    let groupware = &services.groupware;
    let attempted = groupware.last_attempt(queued.account, queued.item.id);
    let (item, standing) = (&queued.item, &queued.standing);
    let open: Vec<&QueuedRecipient> = queued.open().map(|(_, recipient)| recipient).collect();
    QueueLine {
        account: queued.account.0,
        id: item.id.0,
        accepted_at: moment::to_text(item.accepted_at),
        from: item.reverse_path.clone(),
        to: open
            .iter()
            .take(RECIPIENTS_NAMED_MAX)
            .map(|recipient| recipient.forward_path.clone())
            .collect(),
        open: u32::try_from(open.len()).unwrap_or(u32::MAX),
        settled: u32::try_from(standing.settled.len()).unwrap_or(u32::MAX),
        octets: item.size,
        hold: standing.hold.clone(),
        release_at: standing.release_at.map(moment::to_text),
        priority: standing.priority,
        delay_told: standing.delay_told,
        tried_at: attempted
            .as_ref()
            .map(|attempted| moment::to_text(attempted.at)),
        last: attempted.map(|attempted| attempted.reason),
    }
}

async fn show(name: QueueName, services: &Services) -> Result<Reply, Failure> {
    let (account, id) = parts(name);
    let found = services.groupware.queued_message(account, id).await?;
    let (queued, message) = found.ok_or_else(|| not_there(name))?;
    let item = &queued.item;
    let recipients = (0..)
        .zip(&item.recipients)
        .map(|(place, recipient)| QueueRecipientLine {
            address: recipient.forward_path.clone(),
            settled: queued.standing.settled.binary_search(&place).is_ok(),
            original: recipient.original.clone(),
        });
    let end = message.windows(4).position(|four| four == b"\r\n\r\n");
    let header = message
        .get(..end.unwrap_or(message.len()).min(HEADER_OCTETS_MAX))
        .unwrap_or_default();
    Ok(Reply::QueueItem(QueueItemInfo {
        line: line(&queued, services),
        recipients: recipients.collect(),
        envelope_id: item.envelope_id.clone(),
        require_tls: item.require_tls,
        smtputf8: item.smtputf8,
        header: String::from_utf8_lossy(header).into_owned(),
    }))
}
