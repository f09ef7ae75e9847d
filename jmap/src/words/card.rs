//! `ContactCard` (RFC 9610 3): a card on the wire.

use groupware::{AddressBook, CardKey, DirectoryCard, FoundObject, Groupware};
use model::AccountId;
use serde_json::{Value, json};
use vcard::ContactCard;

use super::card_id::{BookId, CardId};
use crate::blob::card_media;
use crate::codec::date;
use crate::codec::id::WireId;
use crate::codec::json::Object;

/// A card of an address book, whole.
pub(crate) fn object(account: AccountId, found: &FoundObject, body: &[u8]) -> Option<Object> {
    let card = ContactCard::read(body).ok()?;
    let row = &found.object.row;
    let mut object = card.to_jscontact();
    let book = BookId::own(found.collection.collection.id);
    object.insert(
        "id".into(),
        CardId(CardKey::Object(row.object)).wire().into(),
    );
    object.insert("addressBookIds".into(), json!({book.wire(): true}));
    let uid = Groupware::card_uid(account, &found.object);
    object.entry("uid").or_insert(uid.into());
    let created = date::write(row.created_at);
    object.entry("created").or_insert(created.into());
    let updated = date::write(row.modified_at);
    object.entry("updated").or_insert(updated.into());
    Some(object)
}

/// A card as clients see it: what it has of pictures and sounds inside is blobs to them.
pub(crate) fn object_with_blobs(
    account: AccountId,
    found: &FoundObject,
    body: &[u8],
) -> Option<Object> {
    let mut object = object(account, found, body)?;
    card_media::as_blobs(&found.object, &mut object);
    Some(object)
}

/// A card of the directory, whole.
pub(crate) fn directory_object(entry: &DirectoryCard) -> Option<Object> {
    let card = ContactCard::read(entry.text.as_bytes()).ok()?;
    let mut object = card.to_jscontact();
    let book = BookId(AddressBook::Directory);
    let id = CardId(CardKey::Directory(entry.principal));
    object.insert("id".into(), id.wire().into());
    object.insert("addressBookIds".into(), json!({book.wire(): true}));
    Some(object)
}

/// Takes out what is not of the card itself, but of how it is kept here.
pub(crate) fn without_keeping(object: &mut Object) -> Option<Value> {
    object.remove("id");
    object.remove("addressBookIds")
}
