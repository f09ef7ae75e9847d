//! `AddressBook/set` (RFC 9610 2.3).

use groupware::{AddressBook, CollectionInfo};
use model::{AccountId, CollectionId, CollectionKind, CollectionRights, Properties};
use serde_json::Value;

use super::container::{New, make, share};
use crate::call::{Call, Outcome};
use crate::codec::argument::Arguments;
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::codec::patch::Patch;
use crate::data_type::DataType;
use crate::error::{MethodError, SetError};
use crate::standard::set::{Done, Set, Update};
use crate::words::address_book::{Books, GRANTS};
use crate::words::card_id::BookId;
use crate::words::container::read_order;
use crate::words::share_with::read_share_with;

/// RFC 9610 2 `name`: octets of UTF-8.
const NAME_OCTETS_MAX: usize = 255;
/// Octets of a description: ours.
const DESCRIPTION_OCTETS_MAX: usize = 16 * 1024;

pub(crate) async fn run(mut call: Call) -> Outcome {
    let mut set = Set::read(&mut call).await?;
    let remove_contents = call
        .arguments
        .flag("onDestroyRemoveContents")?
        .unwrap_or(false);
    let set_default = call.arguments.id("onSuccessSetIsDefault")?;
    call.finish()?;
    let account = set.account;
    let old = call.state(account, DataType::AddressBook).await?;
    set.check_state(&old)?;
    let mut done = Done::new(&call, &set, old);
    let mut results = Results::default();
    for (creation, object) in std::mem::take(&mut set.create) {
        match create(&call, account, object).await {
            Ok((id, server_set)) => {
                call.shared.note_created(&creation, &id.wire());
                results.created.push((creation, id.wire(), server_set));
            }
            Err(error) => {
                results.failed = true;
                done.not_created(creation, error);
            }
        }
    }
    let asked = set.update.len() + set.destroy.len();
    for Update { text, id, patch } in set.updates::<BookId>(&call, &mut done) {
        match update(&call, account, id, &patch).await {
            Ok(server_set) => results.updated.push((text, server_set)),
            Err(error) => done.not_updated(text, error),
        }
    }
    let mut destroyed = 0;
    for (text, id) in set.destroys::<BookId>(&call, &mut done) {
        match destroy(&call, account, id, remove_contents).await {
            Ok(()) => {
                destroyed += 1;
                done.destroyed(text);
            }
            Err(error) => done.not_destroyed(text, error),
        }
    }
    results.failed |= results.updated.len() + destroyed < asked;
    if let Some(text) = set_default.filter(|_| !results.failed) {
        set_is_default(&call, account, &text, &mut results).await?;
    }
    for (creation, id, server_set) in results.created {
        done.created(&creation, &id, server_set);
    }
    for (text, server_set) in results.updated {
        done.updated_with(text, server_set);
    }
    Ok(done.answer(call.state(account, DataType::AddressBook).await?))
}

/// What was done, before it is told: the default may change after it.
#[derive(Default)]
struct Results {
    /// Name of the creation, id, what the server set.
    created: Vec<(String, String, Object)>,
    updated: Vec<(String, Object)>,
    failed: bool,
}

impl Results {
    /// Says of an address book whether it is the default now.
    fn note_default(&mut self, id: &str, is_default: bool) {
        let mut created = self.created.iter_mut();
        let known = created
            .find(|(_, known, _)| known == id)
            .map(|(_, _, set)| set);
        let object = match known {
            Some(object) => object,
            None => {
                let at = self.updated.iter().position(|(known, _)| known == id);
                let at = at.unwrap_or_else(|| {
                    self.updated.push((id.to_owned(), Object::new()));
                    self.updated.len() - 1
                });
                let Some((_, object)) = self.updated.get_mut(at) else {
                    return;
                };
                object
            }
        };
        object.insert("isDefault".into(), is_default.into());
    }
}

/// What a client says of an address book.
struct Said {
    properties: Properties,
    subscribed: Option<bool>,
    share_with: Option<Value>,
}

/// Reads what may be set; what is left is what nobody knows, or what only the server sets.
fn read(mut arguments: Arguments, mut properties: Properties) -> Result<Said, SetError> {
    if let Some(name) = arguments.text("name")? {
        let good =
            (1..=NAME_OCTETS_MAX).contains(&name.len()) && !name.chars().any(char::is_control);
        if !good {
            return Err(SetError::invalid_property(
                "name",
                "has to have 1 to 255 octets",
            ));
        }
        properties.display_name = Some(name);
    }
    let description = arguments.take_or_null("description");
    match description {
        Some(Value::Null) => properties.description = None,
        Some(Value::String(text)) if text.len() <= DESCRIPTION_OCTETS_MAX => {
            properties.description = Some(text);
        }
        Some(_) => {
            return Err(SetError::invalid_property(
                "description",
                "has to be a short text",
            ));
        }
        None => {}
    }
    if let Some(order) = arguments.take("sortOrder") {
        properties.sort_order = read_order("sortOrder", &order)?;
    }
    let subscribed = arguments.flag("isSubscribed")?;
    let share_with = arguments.take_or_null("shareWith");
    arguments.finish()?;
    Ok(Said {
        properties,
        subscribed,
        share_with,
    })
}

async fn create(
    call: &Call,
    account: AccountId,
    object: Object,
) -> Result<(BookId, Object), SetError> {
    let said = read(Arguments(object), Properties::default())?;
    let fault = || SetError::invalid_property("name", "has to be there");
    said.properties.display_name.as_ref().ok_or_else(fault)?;
    let shares = said.share_with.as_ref().unwrap_or(&Value::Null);
    let new = New {
        kind: CollectionKind::AddressBook,
        shares: read_share_with(shares, GRANTS)?,
        properties: said.properties,
        otherwise_called: "contacts-of-mine",
    };
    let id = make(call, account, &new).await?;
    subscribe(call, account, id, said.subscribed).await?;
    let books = Books::read(&call.visit, account).await;
    let object = books.ok().and_then(|books| books.object(BookId::own(id)));
    Ok((BookId::own(id), object.unwrap_or_default()))
}

async fn update(
    call: &Call,
    account: AccountId,
    id: BookId,
    patch: &Patch,
) -> Result<Object, SetError> {
    let AddressBook::Own(collection) = id.0 else {
        return Err(known_directory(call, account));
    };
    let books = books(call, account).await?;
    let info = books
        .find(collection)
        .ok_or_else(SetError::not_found)?
        .clone();
    let before = books.object(id).unwrap_or_default();
    let mut after = before.clone();
    patch.apply(&mut after)?;
    // RFC 8620 5.3: what the server sets may be told again as it is.
    for name in ["id", "isDefault", "myRights"] {
        match after.remove(name) {
            Some(value) if before.get(name) != Some(&value) => {
                return Err(SetError::invalid_property(name, "is set by the server"));
            }
            _ => {}
        }
    }
    let touched = patch.properties();
    after.retain(|name, _| touched.contains(&name.as_str()));
    if touched.contains(&"name") && !after.contains_key("name") {
        return Err(SetError::invalid_property("name", "has to be there"));
    }
    for name in ["description", "shareWith"] {
        if touched.contains(&name) {
            let value = after.entry(name).or_insert(Value::Null);
            if value.as_object().is_some_and(Object::is_empty) {
                *value = Value::Null;
            }
        }
    }
    let said = read(Arguments(after), (*info.collection.properties).clone())?;
    let mut server_set = Object::new();
    if said.properties != *info.collection.properties {
        let groupware = call.groupware();
        groupware
            .set_collection_properties(call.caller(), account, collection, said.properties)
            .await?;
    }
    if let Some(value) = said.share_with {
        let wanted = read_share_with(&value, GRANTS)?;
        share(call, account, &info, &wanted).await?;
        let now = Books::read(&call.visit, account).await.ok();
        let now = now
            .and_then(|books| books.object(id))
            .and_then(|mut book| book.remove("shareWith"));
        if let Some(now) = now.filter(|now| *now != value) {
            server_set.insert("shareWith".into(), now);
        }
    }
    subscribe(call, account, collection, said.subscribed).await?;
    Ok(server_set)
}

async fn subscribe(
    call: &Call,
    account: AccountId,
    id: CollectionId,
    subscribed: Option<bool>,
) -> Result<(), SetError> {
    let Some(subscribed) = subscribed else {
        return Ok(());
    };
    let own = account == call.visit.own_account();
    let mut preferences = call.groupware().book_preferences(call.caller()).await?;
    if preferences.is_subscribed(account, id, own) != subscribed {
        preferences.subscribed.insert((account, id), subscribed);
        let groupware = call.groupware();
        groupware
            .set_book_preferences(call.caller(), &preferences)
            .await?;
    }
    Ok(())
}

async fn destroy(
    call: &Call,
    account: AccountId,
    id: BookId,
    remove_contents: bool,
) -> Result<(), SetError> {
    let AddressBook::Own(collection) = id.0 else {
        return Err(known_directory(call, account));
    };
    let books = books(call, account).await?;
    let info: &CollectionInfo = books.find(collection).ok_or_else(SetError::not_found)?;
    if !info.rights.contains(CollectionRights::SHARE) {
        return Err(SetError::forbidden());
    }
    // RFC 9610 2.3.
    if info.collection.objects > 0 && !remove_contents {
        return Err(SetError::new("addressBookHasContents"));
    }
    let groupware = call.groupware();
    Ok(groupware
        .destroy_collection(call.caller(), account, collection)
        .await?)
}

/// RFC 9610 2.3 `onSuccessSetIsDefault`: if all of the rest was done. An id that is none, or somebody else's account, changes
/// nothing.
async fn set_is_default(
    call: &Call,
    account: AccountId,
    text: &str,
    results: &mut Results,
) -> Result<(), MethodError> {
    if account != call.visit.own_account() {
        return Ok(());
    }
    let books = Books::read(&call.visit, account).await?;
    let id = call.id::<BookId>(text);
    let Some(AddressBook::Own(id)) = id.map(|id| id.0) else {
        return Ok(());
    };
    let before = books.default();
    if books.find(id).is_none() || before == Some(id) {
        return Ok(());
    }
    let mut preferences = books.preferences;
    preferences.default = Some(id);
    call.groupware()
        .set_book_preferences(call.caller(), &preferences)
        .await?;
    // RFC 9610 2.3: what becomes different by that is told.
    for (id, is_default) in before.map(|id| (id, false)).into_iter().chain([(id, true)]) {
        results.note_default(&BookId::own(id).wire(), is_default);
    }
    Ok(())
}

async fn books(call: &Call, account: AccountId) -> Result<Books, SetError> {
    let books = Books::read(&call.visit, account).await;
    books.map_err(|_| SetError::not_found())
}

/// The directory is there in one's own account, and nobody changes it here.
fn known_directory(call: &Call, account: AccountId) -> SetError {
    match account == call.visit.own_account() {
        true => SetError::forbidden(),
        false => SetError::not_found(),
    }
}
