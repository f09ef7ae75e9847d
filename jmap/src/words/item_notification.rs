//! `CalendarEventNotification` (JMAP Calendars draft -26 6) and `TaskNotification` (JMAP Tasks draft -06 5): what others did
//! with one's events and tasks, on the wire.

use std::marker::PhantomData;

use groupware::{Deed, Error, ItemNotice, RecordKind};
use icalendar::CalendarObject;
use model::{AccountId, ObjectId, PrincipalId, Timestamp};
use serde_json::{Value, json};

use super::calendar_event::Event;
use super::item::{Item, json_of, wire};
use super::notification::Notification;
use super::task::Task;
use crate::call::Call;
use crate::codec::argument::Arguments;
use crate::codec::date;
use crate::codec::filter::FilterFault;
use crate::codec::id::{NotificationId, WireId};
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::jscalendar;

/// A notification of what was done with an item of this kind.
#[derive(Debug)]
pub(crate) struct ItemNotification<T> {
    notice: ItemNotice,
    kind: PhantomData<T>,
}

/// What notifications are called that are about items of a kind.
pub(crate) trait Noted: Item {
    const NOTIFICATION: DataType;
    const RECORDS: RecordKind;
    const PROPERTIES: &'static [&'static str];
    /// The members that name the item, say how it was, and say what changed.
    const MEMBERS: [&'static str; 3];
    /// The condition that names items.
    const ITEMS: &'static str;
}

impl Noted for Event {
    const NOTIFICATION: DataType = DataType::CalendarEventNotification;
    const RECORDS: RecordKind = RecordKind::EventNotification;
    const PROPERTIES: &'static [&'static str] = &[
        "id",
        "created",
        "changedBy",
        "comment",
        "type",
        "calendarEventId",
        "isDraft",
        "event",
        "eventPatch",
    ];
    const MEMBERS: [&'static str; 3] = ["calendarEventId", "event", "eventPatch"];
    const ITEMS: &'static str = "calendarEventIds";
}

impl Noted for Task {
    const NOTIFICATION: DataType = DataType::TaskNotification;
    const RECORDS: RecordKind = RecordKind::TaskNotification;
    const PROPERTIES: &'static [&'static str] = &[
        "id",
        "created",
        "changedBy",
        "comment",
        "type",
        "taskId",
        "isDraft",
        "task",
        "taskPatch",
    ];
    const MEMBERS: [&'static str; 3] = ["taskId", "task", "taskPatch"];
    const ITEMS: &'static str = "taskIds";
}

/// What such notifications are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    deed: Option<String>,
    items: Option<Vec<String>>,
}

impl<T: Noted> ItemNotification<T> {
    fn item(&self) -> String {
        wire::<T>(self.notice.note.item)
    }
}

impl<T: Noted> Notification for ItemNotification<T> {
    type Condition = Condition;

    const TYPE: DataType = T::NOTIFICATION;
    const RECORDS: RecordKind = T::RECORDS;
    const PROPERTIES: &'static [&'static str] = T::PROPERTIES;

    async fn all(call: &Call, account: AccountId) -> Result<Vec<Self>, Error> {
        let (groupware, caller) = (call.groupware(), call.caller());
        let notices = groupware.item_notices(caller, account, T::NOTED).await?;
        let notices = notices.into_iter().map(|notice| Self {
            notice,
            kind: PhantomData,
        });
        Ok(notices.collect())
    }

    fn id(&self) -> ObjectId {
        self.notice.id
    }

    fn at(&self) -> Timestamp {
        self.notice.note.at()
    }

    fn object(&self) -> Object {
        let note = &self.notice.note;
        let read = |text: &Option<String>| {
            let object = CalendarObject::read(text.as_ref()?.as_bytes()).ok()?;
            json_of::<T>(&object)
        };
        let (whole, after) = (read(&note.text), read(&note.after));
        let patch = whole.as_ref().zip(after.as_ref());
        let patch = patch.map(|(whole, after)| jscalendar::difference(whole, after, &[]));
        let [id, item, changes] = T::MEMBERS;
        let object = json!({
            "id": NotificationId(self.notice.id).wire(),
            "created": date::write(note.at()),
            "changedBy": {
                "name": note.name,
                "email": note.address,
                "calendarAddress": format!("mailto:{}", note.address),
                "principalId": note.by.map(|by| PrincipalId(by).wire()),
            },
            "comment": null,
            "type": word(note.deed),
            id: self.item(),
            "isDraft": note.is_draft,
            item: whole,
            changes: patch,
        });
        match object {
            Value::Object(object) => object,
            _ => Object::new(),
        }
    }

    fn condition(from: &mut Arguments) -> Result<Condition, FilterFault> {
        Ok(Condition {
            deed: from.text("type")?,
            items: from.ids(T::ITEMS)?,
        })
    }

    fn meets(&self, condition: &Condition) -> bool {
        let deed = condition.deed.as_deref();
        let items = condition.items.as_ref();
        deed.is_none_or(|deed| deed == word(self.notice.note.deed))
            && items.is_none_or(|items| items.contains(&self.item()))
    }
}

fn word(deed: Deed) -> &'static str {
    match deed {
        Deed::Created => "created",
        Deed::Updated => "updated",
        Deed::Destroyed => "destroyed",
    }
}
