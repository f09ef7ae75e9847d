//! The organisation's directory as an address book that can only be read: everybody who has an address here.

use std::sync::Arc;

use model::{BlobId, PathSegment, Principal, PrincipalId};

use crate::codec::Status;
use crate::codec::header::ETag;
use crate::error::Failure;
use crate::limits::{PRINCIPALS_LOOKED_AT_MAX, PRINCIPALS_PORTION};
use crate::visit::Visit;
use crate::words;

/// A card of the organisation's directory.
#[derive(Debug)]
pub(crate) struct DirectoryEntry {
    pub(crate) card: String,
    pub(crate) etag: ETag,
}

/// All cards, by number of their principals.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn entries(
    visit: &Visit,
) -> Result<Vec<(PathSegment, Arc<DirectoryEntry>)>, Failure> {
    let cards = visit.groupware().directory_cards(&visit.caller).await?;
    let entry = |card: groupware::DirectoryCard| {
        let etag = words::etag(BlobId::of(card.text.as_bytes()));
        let entry = DirectoryEntry {
            card: card.text,
            etag,
        };
        (card.name, Arc::new(entry))
    };
    Ok(cards.into_iter().map(entry).collect())
}

/// One card by its name.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn entry(
    visit: &Visit,
    name: &PathSegment,
) -> Result<Option<Arc<DirectoryEntry>>, Failure> {
    let all = entries(visit).await?;
    Ok(all
        .into_iter()
        .find(|(known, _)| known == name)
        .map(|(_, entry)| entry))
}

/// Everybody who can be written to, by number; bounded.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn principals(visit: &Visit) -> Result<Vec<Arc<Principal>>, Failure> {
    let mut all = Vec::new();
    let mut after = PrincipalId(0);
    while all.len() < PRINCIPALS_LOOKED_AT_MAX {
        let portion = visit
            .directory()
            .principals(after, PRINCIPALS_PORTION)
            .await;
        let portion = portion.map_err(|_| unavailable())?;
        let Some(last) = portion.last() else { break };
        after = last.id;
        all.extend(portion.into_iter().filter(|principal| principal.enabled));
    }
    Ok(all)
}

fn unavailable() -> Failure {
    Failure::new(
        Status::SERVICE_UNAVAILABLE,
        "The directory is not available at the moment.",
    )
}
