//! `CalendarEvent/set` (JMAP Calendars draft -26 5.10).

use std::sync::Arc;

use groupware::{
    Condition, Error, EventDeed, FoundObject, NewBody, NotedEvent, ObjectPlace, Overwrite,
};
use icalendar::{CalendarObject, Class};
use model::{AccountId, CollectionKind};
use serde_json::{Value, json};

use crate::call::{Call, Outcome};
use crate::codec::id::{CalendarId, WireId};
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::SetError;
use crate::jscalendar::{self, InstanceKey, is_of_series, local_time, override_of};
use crate::standard::set::{Done, Set, Update};
use crate::words::calendar::is_calendar;
use crate::words::calendar_event::EventReader;
use crate::words::event_id::EventId;
use crate::words::event_writing::{calendar_of, complete, name_of, plain, revise, server_set};

/// Attempts at a change while others change the same event.
const ATTEMPTS_MAX: usize = 4;

/// Who sets events, and how.
pub(super) struct Writer<'a> {
    pub(super) call: &'a Call,
    pub(super) account: AccountId,
    pub(super) reader: EventReader,
    /// Whether those who take part are told.
    pub(super) tells: bool,
}

/// An event as it is stored.
struct Stored {
    found: FoundObject,
    text: Vec<u8>,
    object: Arc<CalendarObject>,
    /// All of it, with what JMAP adds.
    json: Object,
}

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    let tells = call
        .arguments
        .flag("sendSchedulingMessages")?
        .unwrap_or(false);
    call.finish()?;
    let old = call.state(set.account, DataType::CalendarEvent).await?;
    set.check_state(&old)?;
    let mut done = Done::new(&call, &set, old);
    let writer = Writer {
        call: &call,
        account: set.account,
        reader: EventReader::new(&call.visit, set.account).await?,
        tells,
    };
    // Occurrences that are invited to one by one may be replaced by their series, so what goes goes first.
    for (text, id) in set.destroys::<EventId>(&call, &mut done) {
        match Box::pin(writer.destroy(id)).await {
            Ok(()) => done.destroyed(text),
            Err(error) => done.not_destroyed(text, error),
        }
    }
    for (creation, object) in std::mem::take(&mut set.create) {
        match Box::pin(writer.create(object)).await {
            Ok((id, server_set)) => done.created(&creation, &id.wire(), server_set),
            Err(error) => done.not_created(creation, error),
        }
    }
    for update in set.updates::<EventId>(&call, &mut done) {
        match Box::pin(writer.update(&update)).await {
            Ok(server_set) => done.updated_with(update.text, server_set),
            Err(error) => done.not_updated(update.text, error),
        }
    }
    Ok(done.answer(call.state(set.account, DataType::CalendarEvent).await?))
}

impl Writer<'_> {
    /// An event that the caller may read, and its text.
    pub(super) async fn readable(&self, id: EventId) -> Result<(Object, Vec<u8>), SetError> {
        let stored = self.find(id).await?;
        let own = self.account == self.call.visit.own_account();
        match own || stored.object.summary().class == Class::Public {
            true => Ok((stored.json, stored.text)),
            // What of it may be seen is no event that could be copied.
            false => Err(SetError::forbidden()),
        }
    }

    /// Makes an event.
    async fn create(&self, sent: Object) -> Result<(EventId, Object), SetError> {
        self.create_like(sent, None).await
    }

    /// Makes an event, from the text of another one where it is a copy.
    pub(super) async fn create_like(
        &self,
        sent: Object,
        like: Option<&[u8]>,
    ) -> Result<(EventId, Object), SetError> {
        let calendar = calendar_of(self.call, &sent)?;
        let set: Vec<&str> = sent.keys().map(String::as_str).collect();
        let mut json = plain(sent.clone(), None, &set)?;
        complete(&mut json, &self.reader, self.call.now())?;
        let text = match like {
            None => jscalendar::create(&json)?,
            Some(like) => jscalendar::update(like, &json)?,
        };
        self.check_privacy(&json)?;
        let name = name_of(json.get("uid").and_then(Value::as_str).unwrap_or_default());
        let new = NewBody {
            name,
            body: text.clone(),
            media_type: None,
            condition: Condition::Absent,
            tell_organizer: true,
        };
        let is_draft = json.get("isDraft") == Some(&Value::Bool(true));
        let put = self.put(calendar, new, self.tells && !is_draft).await;
        let put = match put {
            Ok(put) => put,
            Err(Error::StateMismatch | Error::UidConflict { .. }) => {
                return Err(self.taken(&json, like.is_some()).await);
            }
            Err(error) => return Err(error.into()),
        };
        let id = EventId::whole(put.object);
        self.note(EventDeed::Created, id, is_draft, (&text, None))
            .await?;
        json.insert("isOrigin".into(), self.reader.is_origin(&json).into());
        json.insert("isDraft".into(), is_draft.into());
        let names = [
            "uid",
            "created",
            "updated",
            "organizerCalendarAddress",
            "isOrigin",
            "isDraft",
            "start",
            "duration",
        ];
        let mut made = server_set(&sent, &json, &names);
        made.retain(|_, value| !value.is_null());
        Ok((id, made))
    }

    async fn put(
        &self,
        calendar: CalendarId,
        new: NewBody,
        tells: bool,
    ) -> Result<groupware::ObjectPut, Error> {
        let (groupware, caller) = (self.call.groupware(), self.call.caller());
        match tells {
            true => {
                groupware
                    .put_object(caller, self.account, calendar.0, new)
                    .await
            }
            false => {
                let put = groupware.put_object_quietly(caller, self.account, calendar.0, new);
                put.await
            }
        }
    }

    /// JMAP Calendars draft -26 5.10: only whose calendar it is keeps events private.
    fn check_privacy(&self, json: &Object) -> Result<(), SetError> {
        let privacy = json.get("privacy").and_then(Value::as_str);
        let own = self.account == self.call.visit.own_account();
        if own || privacy.is_none_or(|privacy| privacy == "public") {
            Ok(())
        } else {
            Err(SetError::invalid_property(
                "privacy",
                "an event in somebody else's calendar is public",
            ))
        }
    }

    /// Another event has the UID. RFC 8620 5.4 `alreadyExists`: who copies is told which one.
    async fn taken(&self, json: &Object, copies: bool) -> SetError {
        let uid = json.get("uid").and_then(Value::as_str).unwrap_or_default();
        if copies {
            let calendars = self.call.groupware().readable_collections(
                self.call.caller(),
                self.account,
                CollectionKind::Calendar,
            );
            let calendars = calendars.await.unwrap_or_default();
            let same = calendars
                .iter()
                .flat_map(|calendar| calendar.view.iter())
                .find(|object| object.row.uid == uid);
            if let Some(same) = same {
                let id = EventId::whole(same.row.object).wire();
                return SetError::new("alreadyExists").with("existingId", id);
            }
        }
        SetError::invalid_property("uid", "another event has it")
    }

    /// Tells the owner of the account what somebody else did (JMAP Calendars draft -26 6).
    async fn note(
        &self,
        deed: EventDeed,
        id: EventId,
        is_draft: bool,
        (text, after): (&[u8], Option<&[u8]>),
    ) -> Result<(), SetError> {
        let noted = NotedEvent {
            deed,
            event: id.object,
            is_draft,
            text,
            after,
        };
        let groupware = self.call.groupware();
        Ok(groupware
            .note_event(self.call.caller(), self.account, noted)
            .await?)
    }

    async fn find(&self, id: EventId) -> Result<Stored, SetError> {
        let groupware = self.call.groupware();
        let found = groupware
            .objects_by_id(
                self.call.caller(),
                self.account,
                CollectionKind::Calendar,
                &[id.object],
            )
            .await?;
        let found = found.into_iter().flatten().next();
        let found = found.filter(|found| is_calendar(&found.collection));
        let found = found.ok_or_else(SetError::not_found)?;
        let text = groupware.body(&found.object).await?;
        let object = CalendarObject::read(&text).map_err(|_| SetError::not_found())?;
        let json = self.reader.whole(&found.collection, &object, id);
        let json = json.ok_or_else(SetError::not_found)?;
        Ok(Stored {
            found,
            text,
            object: Arc::new(object),
            json,
        })
    }

    /// An event that the caller may change as far as it is about the event. JMAP Calendars draft -26 5.10: what is private
    /// is changed by nobody else.
    async fn stored(&self, id: EventId) -> Result<Stored, SetError> {
        let stored = self.find(id).await?;
        let own = self.account == self.call.visit.own_account();
        match own || stored.object.summary().class == Class::Public {
            true => Ok(stored),
            false => Err(SetError::forbidden()),
        }
    }

    async fn update(&self, update: &Update<EventId>) -> Result<Object, SetError> {
        for _ in 0..ATTEMPTS_MAX {
            match self.try_update(update).await? {
                Some(server_set) => return Ok(server_set),
                // Somebody else changed the event meanwhile.
                None => continue,
            }
        }
        Err(SetError::new("stateMismatch"))
    }

    async fn try_update(&self, update: &Update<EventId>) -> Result<Option<Object>, SetError> {
        let stored = self.stored(update.id).await?;
        let mut sent = stored.json.clone();
        update.patch.apply(&mut sent)?;
        let set = update.patch.properties();
        for name in ["uid", "recurrenceId", "recurrenceIdTimeZone", "@type"] {
            if set.contains(&name) && sent.get(name) != stored.json.get(name) {
                return Err(SetError::invalid_property(name, "cannot change"));
            }
        }
        let was_draft = stored.json.get("isDraft") == Some(&Value::Bool(true));
        let is_draft = sent.get("isDraft") == Some(&Value::Bool(true));
        if is_draft && !was_draft {
            // JMAP Calendars draft -26 5.1.
            return Err(SetError::invalid_property(
                "isDraft",
                "cannot become true again",
            ));
        }
        let (before, after) = match update.id.instance {
            None => {
                let before = plain(stored.json.clone(), None, &[])?;
                (before, plain(sent.clone(), Some(&stored.json), &set)?)
            }
            Some(key) => self.overridden(&stored, key, sent.clone(), &set)?,
        };
        let mut after = after;
        if self.reader.is_origin(&after) {
            revise(&before, &mut after, self.call.now());
        }
        if before.get("privacy") != after.get("privacy") {
            self.check_privacy(&after)?;
        }
        self.name_organizer(&mut after);
        let text = jscalendar::update(&stored.text, &after)?;
        let from = CalendarId(stored.found.collection.collection.id);
        let to = match update.id.instance {
            None => calendar_of(self.call, &sent)?,
            Some(_) => from,
        };
        let row = &stored.found.object.row;
        if to != from {
            self.relocate(&stored, to).await?;
        }
        if text != stored.text {
            let new = NewBody {
                name: row.name.clone(),
                body: text.clone(),
                media_type: None,
                condition: Condition::Body(vec![row.blob.id]),
                tell_organizer: true,
            };
            match self.put(to, new, self.tells && !is_draft).await {
                Ok(_) => {
                    let texts = (stored.text.as_slice(), Some(text.as_slice()));
                    self.note(EventDeed::Updated, update.id, is_draft, texts)
                        .await?;
                }
                Err(Error::StateMismatch) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(Some(server_set(
            &sent,
            &after,
            &["updated", "sequence", "organizerCalendarAddress"],
        )))
    }

    /// An occurrence that is changed is an override of its series.
    fn overridden(
        &self,
        stored: &Stored,
        key: InstanceKey,
        sent: Object,
        set: &[&str],
    ) -> Result<(Object, Object), SetError> {
        if let Some(name) = set
            .iter()
            .find(|name| is_of_series(name) && sent.get(**name) != stored.json.get(**name))
        {
            let why = "is the same for all occurrences";
            return Err(SetError::invalid_property(name, why));
        }
        let event = jscalendar::read(&stored.object).ok_or_else(SetError::not_found)?;
        let before = event.json;
        let instance = plain(sent, Some(&stored.json), set)?;
        let patch = override_of(&before, key, &instance);
        let mut after = before.clone();
        put_override(&mut after, key, patch);
        Ok((before, after))
    }

    /// JMAP Calendars draft -26 5.10: an event that others take part in has somebody who answers for it.
    fn name_organizer(&self, json: &mut Object) {
        let takes_part = json
            .get("participants")
            .and_then(Value::as_object)
            .is_some_and(|participants| !participants.is_empty());
        if takes_part
            && !json.contains_key("organizerCalendarAddress")
            && let Some(address) = self.reader.main_address()
        {
            let address = format!("mailto:{address}");
            json.insert("organizerCalendarAddress".into(), address.into());
        }
    }

    /// Moves an event to another calendar.
    async fn relocate(&self, stored: &Stored, to: CalendarId) -> Result<(), SetError> {
        let row = &stored.found.object.row;
        let place = |collection| ObjectPlace {
            account: self.account,
            collection,
            name: row.name.clone(),
        };
        self.call
            .groupware()
            .move_object(
                self.call.caller(),
                &place(row.collection),
                &place(to.0),
                Overwrite::No,
                Condition::Body(vec![row.blob.id]),
            )
            .await
            .map_err(|error| match error {
                Error::NotFound => {
                    SetError::invalid_property("calendarIds", "there is no such calendar")
                }
                error => error.into(),
            })?;
        Ok(())
    }

    async fn destroy(&self, id: EventId) -> Result<(), SetError> {
        for _ in 0..ATTEMPTS_MAX {
            let done = match id.instance {
                None => self.destroy_whole(id).await,
                Some(key) => self.destroy_occurrence(id, key).await,
            };
            match done {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(error) => return Err(error),
            }
        }
        Err(SetError::new("stateMismatch"))
    }

    async fn destroy_whole(&self, id: EventId) -> Result<bool, SetError> {
        let stored = self.stored(id).await?;
        let row = &stored.found.object.row;
        let place = ObjectPlace {
            account: self.account,
            collection: row.collection,
            name: row.name.clone(),
        };
        let condition = Condition::Body(vec![row.blob.id]);
        let (groupware, caller) = (self.call.groupware(), self.call.caller());
        let is_draft = stored.json.get("isDraft") == Some(&Value::Bool(true));
        let gone = match self.tells && !is_draft {
            true => {
                groupware
                    .destroy_object(caller, &place, condition, true)
                    .await
            }
            false => {
                groupware
                    .destroy_object_quietly(caller, &place, condition)
                    .await
            }
        };
        match gone {
            Ok(()) => {
                let texts = (stored.text.as_slice(), None);
                self.note(EventDeed::Destroyed, id, is_draft, texts).await?;
                Ok(true)
            }
            Err(Error::StateMismatch) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// JMAP Calendars draft -26 5.10: an occurrence that is destroyed is taken out of its series.
    async fn destroy_occurrence(&self, id: EventId, key: InstanceKey) -> Result<bool, SetError> {
        let stored = self.stored(id).await?;
        let event = jscalendar::read(&stored.object).ok_or_else(SetError::not_found)?;
        let mut after = event.json.clone();
        let excluded = json!({"excluded": true});
        put_override(
            &mut after,
            key,
            excluded.as_object().cloned().unwrap_or_default(),
        );
        if self.reader.is_origin(&after) {
            revise(&event.json, &mut after, self.call.now());
        }
        let text = jscalendar::update(&stored.text, &after)?;
        let row = &stored.found.object.row;
        let new = NewBody {
            name: row.name.clone(),
            body: text,
            media_type: None,
            condition: Condition::Body(vec![row.blob.id]),
            tell_organizer: true,
        };
        let is_draft = stored.json.get("isDraft") == Some(&Value::Bool(true));
        match self
            .put(CalendarId(row.collection), new, self.tells && !is_draft)
            .await
        {
            Ok(_) => Ok(true),
            Err(Error::StateMismatch) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

fn put_override(json: &mut Object, key: InstanceKey, patch: Object) {
    let overrides = json
        .entry("recurrenceOverrides")
        .or_insert_with(|| Value::Object(Object::new()));
    if let Some(overrides) = overrides.as_object_mut() {
        overrides.insert(local_time(key.0), Value::Object(patch));
    }
}
