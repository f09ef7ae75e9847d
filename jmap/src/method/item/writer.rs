//! Writers: make, change and destroy the items of an account, their series and occurrences.

use std::marker::PhantomData;

use groupware::{
    Condition, Deed, Error, FoundObject, NewBody, NotedItem, ObjectPlace, ObjectPut, Overwrite,
};
use icalendar::{CalendarObject, Class};
use model::{AccountId, CollectionId, CollectionKind};
use serde_json::{Value, json};

use crate::call::Call;
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::SetError;
use crate::jscalendar::{self, InstanceKey, is_of_series, local_time, override_of};
use crate::standard::set::Update;
use crate::words::container::{self, Container};
use crate::words::item::{Item, json_of, whole};
use crate::words::item_id::ItemId;
use crate::words::item_reader::ItemReader;
use crate::words::item_writing::{complete, name_of, name_organizer, plain, revise, server_set};

/// Attempts at a change while others change the same item.
const ATTEMPTS_MAX: usize = 4;

/// Who sets items, and how.
pub(super) struct Writer<'a, T> {
    pub(super) call: &'a Call,
    account: AccountId,
    reader: ItemReader,
    /// Whether those who take part are told.
    pub(super) tells: bool,
    kind: PhantomData<T>,
}

/// An item as it is stored.
struct Stored {
    found: FoundObject,
    text: Vec<u8>,
    object: CalendarObject,
    /// All of it, with what JMAP adds.
    json: Object,
}

impl Stored {
    fn is_draft(&self) -> bool {
        is_draft(&self.json)
    }

    fn place(&self, account: AccountId) -> ObjectPlace {
        let row = &self.found.object.row;
        ObjectPlace {
            account,
            collection: row.collection,
            name: row.name.clone(),
        }
    }

    /// That nobody else was faster.
    fn unchanged(&self) -> Condition {
        Condition::Body(vec![self.found.object.row.blob.id])
    }

    /// Another text for it.
    fn with_text(&self, body: Vec<u8>) -> NewBody {
        NewBody {
            name: self.found.object.row.name.clone(),
            body,
            media_type: None,
            condition: self.unchanged(),
            tell_organizer: true,
        }
    }
}

impl<'a, T: Item> Writer<'a, T> {
    /// Who writes in an account, and tells nobody.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub(super) async fn new(call: &'a Call, account: AccountId) -> Result<Self, Error> {
        Ok(Self {
            call,
            account,
            reader: ItemReader::new(&call.visit, account).await?,
            tells: false,
            kind: PhantomData,
        })
    }

    /// An item that the caller may read, and its text. What of it may be seen that is private is no item that could be copied.
    pub(super) async fn readable(&self, id: T::Id) -> Result<(Object, Vec<u8>), SetError> {
        let stored = self.stored(id).await?;
        Ok((stored.json, stored.text))
    }

    /// Makes an item, from the text of another one where it is a copy.
    pub(super) async fn create_like(
        &self,
        sent: Object,
        like: Option<&[u8]>,
    ) -> Result<(T::Id, Object), SetError> {
        let container = T::place_of(self.call, &sent)?;
        let set: Vec<&str> = sent.keys().map(String::as_str).collect();
        let mut json = plain::<T>(sent.clone(), None, &set)?;
        complete::<T>(&mut json, &self.reader, self.call.now())?;
        let text = match like {
            None => T::create(&json)?,
            Some(like) => jscalendar::update(like, &json)?,
        };
        self.check_privacy(&json)?;
        let new = NewBody {
            name: name_of(json.get("uid").and_then(Value::as_str).unwrap_or_default()),
            body: text.clone(),
            media_type: None,
            condition: Condition::Absent,
            tell_organizer: true,
        };
        let is_draft = is_draft(&json);
        let put = match self.put(container, new, is_draft).await {
            Ok(put) => put,
            Err(Error::StateMismatch | Error::UidConflict { .. }) => {
                return Err(self.taken(&json, like.is_some()).await);
            }
            Err(error) => return Err(of_container::<T>(error)),
        };
        let id = T::Id::whole(put.object);
        self.note(Deed::Created, id, is_draft, (&text, None))
            .await?;
        json.insert("isDraft".into(), is_draft.into());
        T::add(&mut json, &self.reader);
        let mut made = server_set(&sent, &json, T::WORDS.told_of_new);
        made.retain(|_, value| !value.is_null());
        Ok((id, made))
    }

    async fn put(
        &self,
        container: <T::Container as Container>::Id,
        new: NewBody,
        is_draft: bool,
    ) -> Result<ObjectPut, Error> {
        let (groupware, caller) = (self.call.groupware(), self.call.caller());
        let (account, collection) = (self.account, CollectionId(container.number()));
        match self.tells && !is_draft {
            true => groupware.put_object(caller, account, collection, new).await,
            false => {
                let put = groupware.put_object_quietly(caller, account, collection, new);
                put.await
            }
        }
    }

    /// JMAP Calendars draft -26 5.10: only whose calendar it is keeps items private.
    fn check_privacy(&self, json: &Object) -> Result<(), SetError> {
        let privacy = json.get("privacy").and_then(Value::as_str);
        if self.reader.is_own() || privacy.is_none_or(|privacy| privacy == "public") {
            return Ok(());
        }
        let words = T::WORDS;
        let why = format!(
            "{} in somebody else's {} is public",
            words.one, words.container
        );
        Err(SetError::invalid_property("privacy", why))
    }

    /// Another object has the UID. RFC 8620 5.4 `alreadyExists`: who copies is told which one.
    async fn taken(&self, json: &Object, copies: bool) -> SetError {
        let uid = json.get("uid").and_then(Value::as_str).unwrap_or_default();
        if copies {
            let containers = self.call.groupware().readable_collections(
                self.call.caller(),
                self.account,
                CollectionKind::Calendar,
            );
            let containers = containers.await.unwrap_or_default();
            let same = containers
                .iter()
                .flat_map(|container| container.view.iter())
                .find(|object| object.row.uid == uid);
            if let Some(same) = same {
                let id = T::Id::whole(same.row.object).wire();
                return SetError::new("alreadyExists").with("existingId", id);
            }
        }
        SetError::invalid_property("uid", "another object has it")
    }

    /// Tells the owner of the account what somebody else did (JMAP Calendars draft -26 6).
    async fn note(
        &self,
        deed: Deed,
        id: T::Id,
        is_draft: bool,
        (text, after): (&[u8], Option<&[u8]>),
    ) -> Result<(), SetError> {
        let noted = NotedItem {
            kind: T::NOTED,
            deed,
            item: id.object(),
            is_draft,
            text,
            after,
        };
        let groupware = self.call.groupware();
        Ok(groupware
            .note_item(self.call.caller(), self.account, noted)
            .await?)
    }

    /// An item that the caller may change, or copy, as far as it is about the item. JMAP Calendars draft -26 5.10: what is
    /// private is its owner's.
    async fn stored(&self, id: T::Id) -> Result<Stored, SetError> {
        let groupware = self.call.groupware();
        let found = groupware
            .objects_by_id(
                self.call.caller(),
                self.account,
                CollectionKind::Calendar,
                &[id.object()],
            )
            .await?;
        let found = found.into_iter().flatten().next();
        let found = found.filter(|found| container::is_one::<T::Container>(&found.collection));
        let found = found.ok_or_else(SetError::not_found)?;
        let text = groupware.body(&found.object).await?;
        let object = CalendarObject::read(&text).map_err(|_| SetError::not_found())?;
        let json = whole::<T>(&self.reader, &found.collection, &object, id);
        let json = json.ok_or_else(SetError::not_found)?;
        if !self.reader.is_own() && object.summary().class != Class::Public {
            return Err(SetError::forbidden());
        }
        Ok(Stored {
            found,
            text,
            object,
            json,
        })
    }

    /// Changes an item, and answers what the client does not know of it.
    pub(super) async fn update(&self, update: &Update<T::Id>) -> Result<Object, SetError> {
        for _ in 0..ATTEMPTS_MAX {
            match self.try_update(update).await? {
                Some(server_set) => return Ok(server_set),
                // Somebody else changed the item meanwhile.
                None => continue,
            }
        }
        Err(SetError::new("stateMismatch"))
    }

    async fn try_update(&self, update: &Update<T::Id>) -> Result<Option<Object>, SetError> {
        let stored = self.stored(update.id).await?;
        let mut sent = stored.json.clone();
        update.patch.apply(&mut sent)?;
        let set = update.patch.properties();
        for name in ["uid", "recurrenceId", "recurrenceIdTimeZone", "@type"] {
            if set.contains(&name) && sent.get(name) != stored.json.get(name) {
                return Err(SetError::invalid_property(name, "cannot change"));
            }
        }
        let is_draft = is_draft(&sent);
        if is_draft && !stored.is_draft() {
            // JMAP Calendars draft -26 5.1.
            let why = "cannot become true again";
            return Err(SetError::invalid_property("isDraft", why));
        }
        let (before, mut after) =
            self.changed(&stored, update.id.instance(), sent.clone(), &set)?;
        if self.reader.is_origin(&after) {
            revise(&before, &mut after, self.call.now());
        }
        if before.get("privacy") != after.get("privacy") {
            self.check_privacy(&after)?;
        }
        name_organizer(&mut after, &self.reader, |_| None);
        let text = jscalendar::update(&stored.text, &after)?;
        let from = container::id_of::<T::Container>(stored.found.object.row.collection);
        let to = match update.id.instance() {
            None => T::place_of(self.call, &sent)?,
            Some(_) => from,
        };
        if to != from {
            self.relocate(&stored, to).await?;
        }
        if text != stored.text {
            let put = self.put(to, stored.with_text(text.clone()), is_draft);
            match put.await {
                Ok(_) => {
                    let texts = (stored.text.as_slice(), Some(text.as_slice()));
                    self.note(Deed::Updated, update.id, is_draft, texts).await?;
                }
                Err(Error::StateMismatch) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        let mut told = server_set(&sent, &after, T::WORDS.told_of_changed);
        if update.id.instance().is_some() {
            told.retain(|name, _| !T::WORDS.of_series_alone.contains(&name.as_str()));
        }
        Ok(Some(told))
    }

    /// What is stored before and after a change. An occurrence that is changed is an override of its series.
    fn changed(
        &self,
        stored: &Stored,
        instance: Option<InstanceKey>,
        sent: Object,
        set: &[&str],
    ) -> Result<(Object, Object), SetError> {
        let differs = |name: &str| sent.get(name) != stored.json.get(name);
        let of_series = |name: &&&str| is_of_series(name) && differs(name);
        if instance.is_some()
            && let Some(name) = set.iter().find(of_series)
        {
            let why = "is the same for all occurrences";
            return Err(SetError::invalid_property(name, why));
        }
        let before = plain::<T>(stored.json.clone(), None, &[])?;
        let mut after = plain::<T>(sent, Some(&stored.json), set)?;
        T::note_change(&before, &mut after, set, self.call.now());
        let Some(key) = instance else {
            return Ok((before, after));
        };
        let series = json_of::<T>(&stored.object).ok_or_else(SetError::not_found)?;
        let patch = override_of(&series, key, &after);
        let mut with_patch = series.clone();
        put_override(&mut with_patch, key, patch);
        Ok((series, with_patch))
    }

    /// Moves an item to another container.
    async fn relocate(
        &self,
        stored: &Stored,
        to: <T::Container as Container>::Id,
    ) -> Result<(), SetError> {
        let from = stored.place(self.account);
        let to = ObjectPlace {
            collection: CollectionId(to.number()),
            ..from.clone()
        };
        let (groupware, caller) = (self.call.groupware(), self.call.caller());
        let condition = stored.unchanged();
        let moved = groupware.move_object(caller, &from, &to, Overwrite::No, condition);
        moved.await.map_err(of_container::<T>)?;
        Ok(())
    }

    /// Destroys an item, or takes an occurrence out of its series.
    pub(super) async fn destroy(&self, id: T::Id) -> Result<(), SetError> {
        for _ in 0..ATTEMPTS_MAX {
            let stored = self.stored(id).await?;
            let gone = match id.instance() {
                None => self.destroy_whole(&stored, id).await,
                Some(key) => self.destroy_occurrence(&stored, key).await,
            };
            match gone {
                Ok(()) => return Ok(()),
                Err(Destroying::Changed) => {}
                Err(Destroying::Failed(error)) => return Err(error),
            }
        }
        Err(SetError::new("stateMismatch"))
    }

    async fn destroy_whole(&self, stored: &Stored, id: T::Id) -> Result<(), Destroying> {
        let (place, condition) = (stored.place(self.account), stored.unchanged());
        let (groupware, caller) = (self.call.groupware(), self.call.caller());
        let is_draft = stored.is_draft();
        match self.tells && !is_draft {
            true => {
                let gone = groupware.destroy_object(caller, &place, condition, true);
                gone.await?;
            }
            false => {
                let gone = groupware.destroy_object_quietly(caller, &place, condition);
                gone.await?;
            }
        }
        let texts = (stored.text.as_slice(), None);
        self.note(Deed::Destroyed, id, is_draft, texts).await?;
        Ok(())
    }

    async fn destroy_occurrence(
        &self,
        stored: &Stored,
        key: InstanceKey,
    ) -> Result<(), Destroying> {
        let before = json_of::<T>(&stored.object).ok_or_else(SetError::not_found)?;
        let mut after = before.clone();
        let excluded = json!({"excluded": true});
        let excluded = excluded.as_object().cloned().unwrap_or_default();
        put_override(&mut after, key, excluded);
        if self.reader.is_origin(&after) {
            revise(&before, &mut after, self.call.now());
        }
        let text = jscalendar::update(&stored.text, &after).map_err(SetError::from)?;
        let container = container::id_of::<T::Container>(stored.found.object.row.collection);
        self.put(container, stored.with_text(text), stored.is_draft())
            .await?;
        Ok(())
    }
}

/// Why something was not destroyed.
enum Destroying {
    /// Somebody else changed it meanwhile.
    Changed,
    Failed(SetError),
}

impl From<Error> for Destroying {
    fn from(error: Error) -> Self {
        match error {
            Error::StateMismatch => Self::Changed,
            error => Self::Failed(error.into()),
        }
    }
}

impl From<SetError> for Destroying {
    fn from(error: SetError) -> Self {
        Self::Failed(error)
    }
}

fn is_draft(json: &Object) -> bool {
    json.get("isDraft") == Some(&Value::Bool(true))
}

/// A container that is not there is a property that is wrong.
fn of_container<T: Item>(error: Error) -> SetError {
    match error {
        Error::NotFound => {
            let why = format!("there is no such {}", T::WORDS.container);
            SetError::invalid_property(T::WORDS.container_property, why)
        }
        error => error.into(),
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
