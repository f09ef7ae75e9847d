//! `ContactCard/set` (RFC 9610 3.5).

mod media;

use groupware::{AddressBook, CardKey, Condition, FoundObject, NewBody, ObjectPlace, Overwrite};
use model::{AccountId, CollectionId, CollectionKind, ObjectId, PathSegment};
use serde_json::Value;
use vcard::{ContactCard, JsFault};

use crate::blob::card_media;
use crate::call::{Call, Outcome};
use crate::codec::date;
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::codec::patch::Patch;
use crate::data_type::DataType;
use crate::error::SetError;
use crate::standard::set::{Done, Set, Update};
use crate::words::card;
use crate::words::card_id::{BookId, CardId};

/// Attempts at a change while somebody else changes the card, too.
const ATTEMPTS_MAX: usize = 4;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    call.finish()?;
    let account = set.account;
    let old = call.state(account, DataType::ContactCard).await?;
    set.check_state(&old)?;
    let mut done = Done::new(&call, &set, old);
    for (creation, object) in std::mem::take(&mut set.create) {
        match create(&call, account, &creation, object).await {
            Ok((id, server_set)) => done.created(&creation, &id.wire(), server_set),
            Err(error) => done.not_created(creation, error),
        }
    }
    for Update { text, id, patch } in set.updates::<CardId>(&call, &mut done) {
        match update(&call, account, id, &patch).await {
            Ok(server_set) => done.updated_with(text, server_set),
            Err(error) => done.not_updated(text, error),
        }
    }
    for (text, id) in set.destroys::<CardId>(&call, &mut done) {
        match destroy(&call, account, id).await {
            Ok(()) => done.destroyed(text),
            Err(error) => done.not_destroyed(text, error),
        }
    }
    Ok(done.answer(call.state(account, DataType::ContactCard).await?))
}

/// Makes a card; returns its id and what the client did not say of it.
pub(super) async fn create(
    call: &Call,
    account: AccountId,
    creation: &str,
    mut object: Object,
) -> Result<(CardId, Object), SetError> {
    if object.contains_key("id") {
        return Err(SetError::invalid_property("id", "is set by the server"));
    }
    let books = card::without_keeping(&mut object);
    let book = book_of(call, account, books.as_ref())?;
    let mut server_set = Object::new();
    if !object.contains_key("uid") {
        let uid = new_uid(call, account, creation, &object);
        server_set.insert("uid".into(), uid.into());
    }
    for moment in ["created", "updated"] {
        if object.get(moment).is_none_or(Value::is_null) {
            server_set.insert(moment.into(), date::write(call.now()).into());
        }
    }
    object.extend(server_set.clone());
    media::take_in(call, account, &mut object).await?;
    let text = vcard::from_jscontact(&object).map_err(|fault| refused(&fault))?;
    let uid = object
        .get("uid")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let body = NewBody {
        name: name_of(uid)?,
        body: text.into_bytes(),
        media_type: None,
        condition: Condition::Absent,
        tell_organizer: false,
    };
    let put = call
        .groupware()
        .put_object(call.caller(), account, book, body)
        .await
        .map_err(|error| match error {
            groupware::Error::NotFound => unknown_book(),
            // The name is made of the uid.
            groupware::Error::StateMismatch => {
                SetError::invalid_property("uid", "is that of another card")
            }
            error => error.into(),
        })?;
    Ok((CardId(CardKey::Object(put.object)), server_set))
}

async fn update(
    call: &Call,
    account: AccountId,
    id: CardId,
    patch: &Patch,
) -> Result<Object, SetError> {
    let CardKey::Object(id) = id.0 else {
        return Err(of_directory(call, account));
    };
    let mut attempt = 0;
    loop {
        attempt += 1;
        match update_once(call, account, id, patch).await {
            Err(Attempt::Again) if attempt < ATTEMPTS_MAX => {}
            Err(Attempt::Again) => return Err(groupware::Error::StateMismatch.into()),
            Err(Attempt::Refused(error)) => return Err(error),
            Ok(server_set) => return Ok(server_set),
        }
    }
}

/// Why an attempt at a change came to nothing.
enum Attempt {
    /// The card was changed meanwhile.
    Again,
    Refused(SetError),
}

impl From<SetError> for Attempt {
    fn from(error: SetError) -> Self {
        Self::Refused(error)
    }
}

impl From<groupware::Error> for Attempt {
    fn from(error: groupware::Error) -> Self {
        match error {
            groupware::Error::StateMismatch => Self::Again,
            error => Self::Refused(error.into()),
        }
    }
}

async fn update_once(
    call: &Call,
    account: AccountId,
    id: ObjectId,
    patch: &Patch,
) -> Result<Object, Attempt> {
    let found = find(call, account, id).await?;
    let body = call.groupware().body(&found.object).await?;
    let damaged = || SetError::new("serverFail").because("The card cannot be read.");
    let before = ContactCard::read(&body).map_err(|_| damaged())?;
    let mut whole = card::object(account, &found, &body).ok_or_else(damaged)?;
    let inside = card_media::as_blobs(&found.object, &mut whole);
    let mut after = whole.clone();
    patch.apply(&mut after).map_err(SetError::from)?;
    if after.get("id") != whole.get("id") {
        return Err(SetError::invalid_property("id", "is set by the server").into());
    }
    let books = card::without_keeping(&mut after);
    let here = found.collection.collection.id;
    let there = book_of(call, account, books.as_ref())?;
    let mut server_set = Object::new();
    let touched = patch.properties();
    let only_moved = touched
        .iter()
        .all(|name| matches!(*name, "addressBookIds" | "id"));
    let mut place = ObjectPlace {
        account,
        collection: here,
        name: found.object.row.name.clone(),
    };
    let mut condition = Condition::Body(vec![found.object.row.blob.id]);
    let mut text = None;
    if !only_moved {
        // The times when it was put here and changed are not said by the card.
        for moment in ["created", "updated"] {
            if !touched.contains(&moment) && !said(&before, moment) {
                after.remove(moment);
            }
        }
        if !touched.contains(&"updated") {
            let now = date::write(call.now());
            server_set.insert("updated".into(), now.clone().into());
            after.insert("updated".into(), now.into());
        }
        card_media::from_blobs(&inside, &mut after);
        media::take_in(call, account, &mut after).await?;
        let changed = before.with_jscontact(&after);
        text = Some(changed.map_err(|fault| refused(&fault))?);
    }
    if there != here {
        let to = ObjectPlace {
            collection: there,
            ..place.clone()
        };
        let groupware = call.groupware();
        let moved = groupware
            .move_object(call.caller(), &place, &to, Overwrite::No, condition)
            .await?;
        condition = Condition::Body(vec![moved.blob]);
        place = to;
    }
    if let Some(text) = text {
        let body = NewBody {
            name: place.name,
            body: text.into_bytes(),
            media_type: None,
            condition,
            tell_organizer: false,
        };
        let groupware = call.groupware();
        groupware
            .put_object(call.caller(), account, place.collection, body)
            .await?;
    }
    Ok(server_set)
}

/// Whether the card itself says when it was made or changed.
fn said(card: &ContactCard, moment: &str) -> bool {
    let name = if moment == "created" {
        "CREATED"
    } else {
        "REV"
    };
    card.all(name).next().is_some()
}

async fn destroy(call: &Call, account: AccountId, id: CardId) -> Result<(), SetError> {
    let CardKey::Object(id) = id.0 else {
        return Err(of_directory(call, account));
    };
    let found = find(call, account, id).await?;
    let place = ObjectPlace {
        account,
        collection: found.collection.collection.id,
        name: found.object.row.name.clone(),
    };
    let groupware = call.groupware();
    Ok(groupware
        .destroy_object(call.caller(), &place, Condition::Any, false)
        .await?)
}

pub(super) async fn find(
    call: &Call,
    account: AccountId,
    id: ObjectId,
) -> Result<FoundObject, SetError> {
    let groupware = call.groupware();
    let found = groupware
        .objects_by_id(call.caller(), account, CollectionKind::AddressBook, &[id])
        .await?;
    found
        .into_iter()
        .next()
        .flatten()
        .ok_or_else(SetError::not_found)
}

/// The one address book that a card is to be in.
fn book_of(
    call: &Call,
    account: AccountId,
    books: Option<&Value>,
) -> Result<CollectionId, SetError> {
    let fault = |why| SetError::invalid_property("addressBookIds", why);
    let books = books.and_then(Value::as_object);
    let books = books.ok_or_else(|| fault("has to name an address book"))?;
    // RFC 9610 1.4.1 `maxAddressBooksPerCard`: 1.
    let mut books = books.iter();
    let (Some((id, value)), None) = (books.next(), books.next()) else {
        return Err(fault("has to name one address book"));
    };
    if *value != Value::Bool(true) {
        return Err(fault("has to map an address book to true"));
    }
    match call.id::<BookId>(id).map(|id| id.0) {
        Some(AddressBook::Own(id)) => Ok(id),
        Some(AddressBook::Directory) if account == call.visit.own_account() => {
            Err(SetError::forbidden())
        }
        Some(AddressBook::Directory) | None => Err(unknown_book()),
    }
}

fn unknown_book() -> SetError {
    SetError::invalid_property("addressBookIds", "names an address book that is not there")
}

/// What identifies a new card everywhere (RFC 9562 5.8: of what nobody else has).
fn new_uid(call: &Call, account: AccountId, creation: &str, object: &Object) -> String {
    let said = Value::Object(object.clone()).to_string();
    let now = call.now().0;
    let hash = blake3::hash(format!("{}/{now}/{creation}/{said}", account.0).as_bytes());
    let hex = hash.to_hex();
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!(
        "urn:uuid:{}-{}-8{}-8{}-{}",
        part(0, 8),
        part(8, 12),
        part(12, 15),
        part(15, 18),
        part(18, 30)
    )
}

/// The name a new card has among the files of its address book.
fn name_of(uid: &str) -> Result<PathSegment, SetError> {
    let hash = blake3::hash(uid.as_bytes()).to_hex();
    let name = format!("{}.vcf", hash.get(..32).unwrap_or_default());
    PathSegment::try_from(name.as_str()).map_err(|_| SetError::invalid_property("uid", "is no uid"))
}

pub(super) fn refused(fault: &JsFault) -> SetError {
    match fault {
        JsFault::Property { property, why } => SetError::invalid_property(property, *why),
        JsFault::Card(vcard::Fault::TooLarge { .. }) => SetError::new("tooLarge"),
        JsFault::Card(fault) => SetError::new("invalidProperties").because(fault.to_string()),
    }
}

/// The directory's cards are there in one's own account, and nobody changes them here.
fn of_directory(call: &Call, account: AccountId) -> SetError {
    match account == call.visit.own_account() {
        true => SetError::forbidden(),
        false => SetError::not_found(),
    }
}
