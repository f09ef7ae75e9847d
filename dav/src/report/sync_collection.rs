//! `D:sync-collection` (RFC 6578): what is new in a collection since a token.

use std::sync::Arc;

use groupware::{CollectionInfo, Object, ObjectChanges};
use model::{ObjectId, PathSegment, Seq};

use super::{answered, collection, plan};
use crate::answer::Answer;
use crate::asked::Asked;
use crate::codec::header::Depth;
use crate::codec::report::{SyncCollection, SyncLevel};
use crate::codec::{Precondition, Status};
use crate::conditions::sync_token;
use crate::error::Failure;
use crate::listing::{Line, Listing};
use crate::property::SYNCED;
use crate::resource::{Resource, child_place};
use crate::words::SyncToken;

/// The first commit of an account makes its mailboxes: objects come later.
const FIRST: Seq = Seq(1);

pub(super) async fn run(
    asked: &Asked,
    resource: &Resource,
    sync: SyncCollection,
) -> Result<Answer, Failure> {
    let info = collection(resource, SYNCED)?;
    // RFC 6578 3.2: `Depth` is 0; older drafts had 1 there, as many clients still do.
    if asked.head.depth()? == Some(Depth::Infinity) {
        let words = "`Depth` must be 0.";
        return Err(Failure::new(Status::BAD_REQUEST, words));
    }
    // RFC 6578 3.3: nothing that can be synchronized has collections in it, so both levels are the same.
    let (SyncLevel::One | SyncLevel::Infinite) = sync.level;
    let known = match &sync.token {
        None => None,
        Some(token) => Some(read_token(token, info)?),
    };
    let plan = plan(asked, sync.selection)?;
    let visit = &asked.visit;
    let since = match known {
        None => Seq::START,
        // What went meanwhile is told from the first commit on only to those who know something.
        Some(SyncToken { seq, .. }) if seq == Seq::START => FIRST,
        Some(SyncToken { seq, .. }) => seq,
    };
    let changes = visit
        .groupware()
        .object_changes(&visit.caller, info.account, info.collection.id, since)
        .await?;
    let limit = sync.limit.and_then(|limit| usize::try_from(limit).ok());
    let page = page(changes, known, limit.unwrap_or(usize::MAX));
    let token = SyncToken {
        seq: page.until,
        within: page.within,
        ..sync_token(info)
    };
    let mut lines = Vec::with_capacity(page.changed.len() + page.gone.len() + 1);
    let parent = Arc::new(resource.clone());
    let member = |object| Line::Member(Arc::clone(&parent), object);
    lines.extend(page.changed.into_iter().map(member));
    for name in page.gone {
        if let Some(place) = child_place(&resource.place, name) {
            // RFC 6578 3.5.2.
            lines.push(Line::Status(place.href(), Status::NOT_FOUND, None));
        }
    }
    if page.more {
        // RFC 6578 3.6: 507 for the collection says that there is more to ask for.
        let condition = Some(Precondition::NumberOfMatchesWithinLimits.into());
        let href = resource.href();
        lines.push(Line::Status(href, Status::INSUFFICIENT_STORAGE, condition));
    }
    let listing = Listing::new(visit.clone(), plan, lines).await?;
    answered(asked, resource, listing.with_sync_token(token.to_uri())).await
}

/// A token of this collection; any other is not valid.
fn read_token(text: &str, info: &CollectionInfo) -> Result<SyncToken, Failure> {
    SyncToken::parse(text)
        .filter(|token| token.account == info.account && token.collection == info.collection.id)
        .ok_or_else(|| Failure::refused(Precondition::ValidSyncToken))
}

/// A part of the changes, and up to where it goes.
#[derive(Debug)]
struct Page {
    changed: Vec<Arc<Object>>,
    gone: Vec<PathSegment>,
    until: Seq,
    within: Option<(Seq, ObjectId)>,
    more: bool,
}

/// The first `limit` changes that are not known yet, in the order of their commits.
///
/// Names that went with one commit are told together, even where that is a few more than the limit: they have no
/// number to go on from.
fn page(changes: ObjectChanges, known: Option<SyncToken>, limit: usize) -> Page {
    let after = known.and_then(|token| token.within);
    let mut page = Page {
        changed: Vec::new(),
        gone: Vec::new(),
        until: known.map_or(Seq::START, |token| token.seq),
        within: after,
        more: false,
    };
    let ObjectChanges {
        mut changed,
        mut gone,
        until,
    } = changes;
    gone.sort_by_key(|(_, seq)| *seq);
    if let Some(after) = after {
        changed.retain(|object| (object.row.changed, object.row.object) > after);
        // What went with the commit that the last page stopped in was told then.
        gone.retain(|(_, seq)| *seq > after.0);
    }
    if changed.len() + gone.len() <= limit {
        page.changed = changed;
        page.gone = gone.into_iter().map(|(name, _)| name).collect();
        page.until = until;
        page.within = None;
        return page;
    }
    let mut changed = changed.into_iter().peekable();
    let mut gone = gone.into_iter().peekable();
    while page.changed.len() + page.gone.len() < limit {
        let next = [
            changed.peek().map(|object| object.row.changed),
            gone.peek().map(|(_, seq)| *seq),
        ];
        let Some(commit) = next.into_iter().flatten().min() else {
            break;
        };
        while let Some((name, _)) = gone.next_if(|(_, seq)| *seq == commit) {
            page.gone.push(name);
        }
        let mut last = ObjectId(0);
        while page.changed.len() + page.gone.len() < limit
            && let Some(object) = changed.next_if(|object| object.row.changed == commit)
        {
            last = object.row.object;
            page.changed.push(object);
        }
        if changed
            .peek()
            .is_some_and(|object| object.row.changed == commit)
        {
            page.within = Some((commit, last));
        } else {
            page.until = commit;
            page.within = None;
        }
    }
    page.more = true;
    page
}
