//! A body made ready: read, checked against its collection's rules, hashed, compressed.

use std::sync::Arc;

use model::{CollectionId, CollectionKind, Components, PathSegment};
use store::{Blob, Collection, CollectionChange, Condition, Engine, NewObject, Source, TagChange};

use super::encode_meta;
use crate::Groupware;
use crate::collection::wrap;
use crate::error::Error;
use crate::refusal::Refusal;

/// The largest body of a calendar object, contact card or file, in octets.
pub const OBJECT_OCTETS_MAX: usize = 10 * 1024 * 1024;

/// A body for an object, new or not.
#[derive(Clone, Debug)]
pub struct NewBody {
    /// The object's name in its collection.
    pub name: PathSegment,
    /// The body.
    pub body: Vec<u8>,
    /// Its media type; only folders keep it.
    pub media_type: Option<String>,
    /// What must hold.
    pub condition: Condition,
    /// Whether participants are told (RFC 6638 8.1 `Schedule-Reply`, for participants that decline).
    pub tell_organizer: bool,
}

/// A body made ready for the store: read, hashed, compressed.
#[derive(Clone, Debug)]
pub(crate) struct PreparedObject {
    pub(crate) uid: String,
    pub(crate) blob: Arc<Blob>,
    /// Whether it has an organizer and participants.
    pub(crate) scheduled: bool,
}

impl PreparedObject {
    /// The change that puts it there.
    pub(crate) fn put(
        &self,
        collection: CollectionId,
        name: PathSegment,
        tag: TagChange,
        media_type: Option<String>,
        condition: Condition,
    ) -> store::Change {
        wrap(CollectionChange::Put(NewObject {
            collection,
            name,
            uid: self.uid.clone(),
            size: self.blob.size,
            source: Source::New(Arc::clone(&self.blob)),
            tag,
            media_type,
            condition,
        }))
    }
}

impl Groupware {
    /// Runs work that may fail for reasons of its own on a thread for reading.
    pub(crate) async fn blocking<T, W>(&self, work: W) -> Result<T, Error>
    where
        T: Send + 'static,
        W: FnOnce(&dyn Engine) -> Result<T, Error> + Send + 'static,
    {
        self.store.read(move |engine| Ok(work(engine))).await?
    }
}

/// Reads a body by the rules of its collection and makes it ready.
pub(crate) fn prepare(
    engine: &dyn Engine,
    collection: &Collection,
    body: &[u8],
) -> Result<PreparedObject, Error> {
    match collection.kind {
        CollectionKind::Calendar | CollectionKind::ScheduleInbox => {
            let object = if collection.kind == CollectionKind::ScheduleInbox {
                icalendar::CalendarObject::read_message(body)?
            } else {
                icalendar::CalendarObject::read(body)?
            };
            let summary = object.summary();
            let component = match summary.kind {
                icalendar::Kind::Event => Components::EVENTS,
                icalendar::Kind::Task => Components::TASKS,
                icalendar::Kind::Journal => Components::JOURNALS,
                // RFC 4791 4.1 lets them be stored; they stand among the events.
                icalendar::Kind::FreeBusy | icalendar::Kind::Availability => Components::EVENTS,
            };
            // RFC 4791 5.3.2.1 `supported-calendar-component`.
            if !collection.properties.components.contains(component) {
                return Err(Refusal::CalendarComponent.into());
            }
            Ok(PreparedObject {
                uid: summary.uid.clone(),
                blob: engine.prepare(body, encode_meta(&summary))?,
                scheduled: collection.kind == CollectionKind::Calendar
                    && summary.organizer.is_some()
                    && !summary.participants.is_empty(),
            })
        }
        CollectionKind::AddressBook => {
            let card = vcard::ContactCard::read(body)?;
            let summary = card.summary();
            Ok(PreparedObject {
                uid: summary.uid.clone().unwrap_or_default(),
                blob: engine.prepare(body, encode_meta(&summary))?,
                scheduled: false,
            })
        }
        CollectionKind::Folder | CollectionKind::Scripts | CollectionKind::Records => {
            Ok(PreparedObject {
                uid: String::new(),
                blob: engine.prepare(body, Vec::new())?,
                scheduled: false,
            })
        }
    }
}
