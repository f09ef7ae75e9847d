//! `Task/set` (JMAP Tasks draft -06 4).

use groupware::{Condition, Error, FoundObject, NewBody, ObjectPlace, Overwrite};
use icalendar::{CalendarObject, Class};
use model::{AccountId, CollectionId, CollectionKind};
use serde_json::{Value, json};

use crate::call::{Call, Outcome};
use crate::codec::id::{TaskListId, WireId};
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::SetError;
use crate::jscalendar::{self, InstanceKey, is_of_series, local_time, override_of};
use crate::standard::set::{Done, Set, Update};
use crate::words::calendar_event::EventReader;
use crate::words::event_writing::{name_of, revise, server_set};
use crate::words::task::whole;
use crate::words::task_id::TaskId;
use crate::words::task_list::is_list;
use crate::words::task_writing::{complete, list_of, note_progress, plain};

/// Attempts at a change while others change the same task.
const ATTEMPTS_MAX: usize = 4;

/// Who sets tasks.
pub(super) struct Writer<'a> {
    pub(super) call: &'a Call,
    account: AccountId,
    reader: EventReader,
}

/// A task as it is stored.
struct Stored {
    found: FoundObject,
    text: Vec<u8>,
    object: CalendarObject,
    /// All of it, with what JMAP adds.
    json: Object,
}

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    call.finish()?;
    let old = call.state(set.account, DataType::Task).await?;
    set.check_state(&old)?;
    let mut done = Done::new(&call, &set, old);
    let writer = Writer::new(&call, set.account).await?;
    for (creation, object) in std::mem::take(&mut set.create) {
        match Box::pin(writer.create_like(object, None)).await {
            Ok((id, server_set)) => done.created(&creation, &id.wire(), server_set),
            Err(error) => done.not_created(creation, error),
        }
    }
    for update in set.updates::<TaskId>(&call, &mut done) {
        match Box::pin(writer.update(&update)).await {
            Ok(server_set) => done.updated_with(update.text, server_set),
            Err(error) => done.not_updated(update.text, error),
        }
    }
    for (text, id) in set.destroys::<TaskId>(&call, &mut done) {
        match Box::pin(writer.destroy(id)).await {
            Ok(()) => done.destroyed(text),
            Err(error) => done.not_destroyed(text, error),
        }
    }
    Ok(done.answer(call.state(set.account, DataType::Task).await?))
}

impl<'a> Writer<'a> {
    /// Who writes in an account.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub(super) async fn new(call: &'a Call, account: AccountId) -> Result<Self, Error> {
        Ok(Self {
            call,
            account,
            reader: EventReader::new(&call.visit, account).await?,
        })
    }

    /// A task that the caller may read, and its text.
    pub(super) async fn readable(&self, id: TaskId) -> Result<(Object, Vec<u8>), SetError> {
        let stored = self.stored(id).await?;
        Ok((stored.json, stored.text))
    }

    /// Makes a task, from the text of another one where it is a copy.
    pub(super) async fn create_like(
        &self,
        sent: Object,
        like: Option<&[u8]>,
    ) -> Result<(TaskId, Object), SetError> {
        let list = list_of(self.call, &sent)?;
        let set: Vec<&str> = sent.keys().map(String::as_str).collect();
        let mut json = plain(sent.clone(), None, &set)?;
        complete(&mut json, &self.reader, self.call.now())?;
        let text = match like {
            None => jscalendar::create_task(&json)?,
            Some(like) => jscalendar::update(like, &json)?,
        };
        self.check_privacy(&json)?;
        let new = NewBody {
            name: name_of(json.get("uid").and_then(Value::as_str).unwrap_or_default()),
            body: text,
            media_type: None,
            condition: Condition::Absent,
            tell_organizer: false,
        };
        let put = match self.put(list.0, new).await {
            Ok(put) => put,
            Err(Error::StateMismatch | Error::UidConflict { .. }) => {
                return Err(self.taken(&json, like.is_some()).await);
            }
            Err(error) => return Err(of_list(error)),
        };
        let is_draft = json.get("isDraft") == Some(&Value::Bool(true));
        json.insert("isDraft".into(), is_draft.into());
        let names = ["uid", "created", "updated", "isDraft", "progressUpdated"];
        let mut made = server_set(&sent, &json, &names);
        made.retain(|_, value| !value.is_null());
        Ok((TaskId::whole(put.object), made))
    }

    /// Tasks are no invitations: nobody else is told.
    async fn put(&self, list: CollectionId, new: NewBody) -> Result<groupware::ObjectPut, Error> {
        let (groupware, caller) = (self.call.groupware(), self.call.caller());
        groupware
            .put_object_quietly(caller, self.account, list, new)
            .await
    }

    /// Only whose list it is keeps tasks private.
    fn check_privacy(&self, json: &Object) -> Result<(), SetError> {
        let privacy = json.get("privacy").and_then(Value::as_str);
        if self.reader.is_own() || privacy.is_none_or(|privacy| privacy == "public") {
            Ok(())
        } else {
            let why = "a task in somebody else's list is public";
            Err(SetError::invalid_property("privacy", why))
        }
    }

    /// Another object has the UID. RFC 8620 5.4 `alreadyExists`: who copies is told which one.
    async fn taken(&self, json: &Object, copies: bool) -> SetError {
        let uid = json.get("uid").and_then(Value::as_str).unwrap_or_default();
        if copies {
            let lists = self.call.groupware().readable_collections(
                self.call.caller(),
                self.account,
                CollectionKind::Calendar,
            );
            let lists = lists.await.unwrap_or_default();
            let same = lists
                .iter()
                .flat_map(|list| list.view.iter())
                .find(|object| object.row.uid == uid);
            if let Some(same) = same {
                let id = TaskId::whole(same.row.object).wire();
                return SetError::new("alreadyExists").with("existingId", id);
            }
        }
        SetError::invalid_property("uid", "another object has it")
    }

    /// A task that the caller may change, or copy, as far as it is about the task: what is private is its owner's.
    async fn stored(&self, id: TaskId) -> Result<Stored, SetError> {
        let groupware = self.call.groupware();
        let found = groupware
            .objects_by_id(
                self.call.caller(),
                self.account,
                CollectionKind::Calendar,
                &[id.0.object],
            )
            .await?;
        let found = found.into_iter().flatten().next();
        let found = found.filter(|found| is_list(&found.collection));
        let found = found.ok_or_else(SetError::not_found)?;
        let text = groupware.body(&found.object).await?;
        let object = CalendarObject::read(&text).map_err(|_| SetError::not_found())?;
        let json = whole(&self.reader, &found.collection, &object, id);
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

    async fn update(&self, update: &Update<TaskId>) -> Result<Object, SetError> {
        for _ in 0..ATTEMPTS_MAX {
            match self.try_update(update).await? {
                Some(server_set) => return Ok(server_set),
                // Somebody else changed the task meanwhile.
                None => continue,
            }
        }
        Err(SetError::new("stateMismatch"))
    }

    async fn try_update(&self, update: &Update<TaskId>) -> Result<Option<Object>, SetError> {
        let stored = self.stored(update.id).await?;
        let mut sent = stored.json.clone();
        update.patch.apply(&mut sent)?;
        let set = update.patch.properties();
        for name in ["uid", "recurrenceId", "recurrenceIdTimeZone", "@type"] {
            if set.contains(&name) && sent.get(name) != stored.json.get(name) {
                return Err(SetError::invalid_property(name, "cannot change"));
            }
        }
        let is_draft = |json: &Object| json.get("isDraft") == Some(&Value::Bool(true));
        if is_draft(&sent) && !is_draft(&stored.json) {
            let why = "cannot become true again";
            return Err(SetError::invalid_property("isDraft", why));
        }
        let (before, mut after) = match update.id.0.instance {
            None => {
                let before = plain(stored.json.clone(), None, &[])?;
                let mut after = plain(sent.clone(), Some(&stored.json), &set)?;
                note_progress(&before, &mut after, &set, self.call.now());
                (before, after)
            }
            Some(key) => self.overridden(&stored, key, sent.clone(), &set)?,
        };
        revise(&before, &mut after, self.call.now());
        if before.get("privacy") != after.get("privacy") {
            self.check_privacy(&after)?;
        }
        let text = jscalendar::update(&stored.text, &after)?;
        let row = &stored.found.object.row;
        let to = match update.id.0.instance {
            None => list_of(self.call, &sent)?,
            Some(_) => TaskListId(row.collection),
        };
        if to.0 != row.collection {
            self.relocate(&stored, to).await?;
        }
        if text != stored.text {
            match self.put(to.0, changed(&stored, text)).await {
                Ok(_) => {}
                Err(Error::StateMismatch) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        let names = ["updated", "sequence", "progressUpdated", "percentComplete"];
        let mut told = server_set(&sent, &after, &names);
        if update.id.0.instance.is_some() {
            // Those are the series'.
            told.retain(|name, _| name == "updated" || name == "sequence");
        }
        Ok(Some(told))
    }

    /// An occurrence that is changed is an override of its series.
    fn overridden(
        &self,
        stored: &Stored,
        key: InstanceKey,
        sent: Object,
        set: &[&str],
    ) -> Result<(Object, Object), SetError> {
        let of_series = |name: &&&str| {
            (is_of_series(name) || **name == "taskListId")
                && sent.get(**name) != stored.json.get(**name)
        };
        if let Some(name) = set.iter().find(of_series) {
            let why = "is the same for all occurrences";
            return Err(SetError::invalid_property(name, why));
        }
        let task = jscalendar::read_task(&stored.object).ok_or_else(SetError::not_found)?;
        let old = plain(stored.json.clone(), None, &[])?;
        let mut instance = plain(sent, Some(&stored.json), set)?;
        note_progress(&old, &mut instance, set, self.call.now());
        let patch = override_of(&task.json, key, &instance);
        let mut after = task.json.clone();
        put_override(&mut after, key, patch);
        Ok((task.json, after))
    }

    /// Moves a task to another list.
    async fn relocate(&self, stored: &Stored, to: TaskListId) -> Result<(), SetError> {
        let row = &stored.found.object.row;
        let place = |collection| ObjectPlace {
            account: self.account,
            collection,
            name: row.name.clone(),
        };
        let (from, to) = (place(row.collection), place(to.0));
        let condition = Condition::Body(vec![row.blob.id]);
        self.call
            .groupware()
            .move_object(self.call.caller(), &from, &to, Overwrite::No, condition)
            .await
            .map_err(of_list)?;
        Ok(())
    }

    async fn destroy(&self, id: TaskId) -> Result<(), SetError> {
        for _ in 0..ATTEMPTS_MAX {
            let stored = self.stored(id).await?;
            let gone = match id.0.instance {
                None => self.destroy_whole(&stored).await,
                Some(key) => self.destroy_occurrence(&stored, key).await,
            };
            if gone? {
                return Ok(());
            }
        }
        Err(SetError::new("stateMismatch"))
    }

    async fn destroy_whole(&self, stored: &Stored) -> Result<bool, SetError> {
        let row = &stored.found.object.row;
        let place = ObjectPlace {
            account: self.account,
            collection: row.collection,
            name: row.name.clone(),
        };
        let condition = Condition::Body(vec![row.blob.id]);
        let (groupware, caller) = (self.call.groupware(), self.call.caller());
        let gone = groupware.destroy_object_quietly(caller, &place, condition);
        match gone.await {
            Ok(()) => Ok(true),
            Err(Error::StateMismatch) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// An occurrence that is destroyed is taken out of its series.
    async fn destroy_occurrence(
        &self,
        stored: &Stored,
        key: InstanceKey,
    ) -> Result<bool, SetError> {
        let task = jscalendar::read_task(&stored.object).ok_or_else(SetError::not_found)?;
        let mut after = task.json.clone();
        let excluded = json!({"excluded": true});
        let excluded = excluded.as_object().cloned().unwrap_or_default();
        put_override(&mut after, key, excluded);
        revise(&task.json, &mut after, self.call.now());
        let text = jscalendar::update(&stored.text, &after)?;
        let put = self.put(stored.found.object.row.collection, changed(stored, text));
        match put.await {
            Ok(_) => Ok(true),
            Err(Error::StateMismatch) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Another text for an object, unless somebody else was faster.
fn changed(stored: &Stored, body: Vec<u8>) -> NewBody {
    let row = &stored.found.object.row;
    NewBody {
        name: row.name.clone(),
        body,
        media_type: None,
        condition: Condition::Body(vec![row.blob.id]),
        tell_organizer: false,
    }
}

/// A list that is not there is a property that is wrong.
fn of_list(error: Error) -> SetError {
    match error {
        Error::NotFound => SetError::invalid_property("taskListId", "there is no such list"),
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
