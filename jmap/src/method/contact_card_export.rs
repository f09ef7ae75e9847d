//! `ContactCard/export`: cards as one file that other programs read. An extension of ours.

use std::collections::BTreeSet;
use std::sync::Arc;

use groupware::{AddressBook, CardKey, Object as Kept};
use model::{AccountId, CollectionKind};
use serde_json::Value;
use vcard::{ContactCard, Version};

use crate::blob::upload_id;
use crate::call::{Answer, Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::error::MethodError;
use crate::limits::UPLOAD_OCTETS_MAX;
use crate::words::card_id::{BookId, CardId};

/// Cards whose bodies are read at once.
const BODIES_AT_ONCE: usize = 256;

/// What a client wants.
struct Wish {
    account: AccountId,
    /// None for all.
    ids: Option<Vec<CardId>>,
    book: Option<BookId>,
    /// None for the version that each card has.
    version: Option<Version>,
}

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let ids = call.arguments.ids("ids")?;
    let book = call.arguments.id("addressBookId")?;
    let version = call.arguments.text("version")?;
    call.finish()?;
    let unknown = || MethodError::invalid_arguments("`version` is `3.0` or `4.0`");
    let version = version.map(|version| Version::parse(&version).ok_or_else(unknown));
    let mut not_found = Vec::new();
    let ids = ids.map(|ids| {
        let ids: BTreeSet<String> = ids.into_iter().collect();
        let known = |text: String| {
            let id = call.id::<CardId>(&text);
            if id.is_none() {
                not_found.push(Value::from(text));
            }
            id
        };
        ids.into_iter().filter_map(known).collect()
    });
    let fault = || MethodError::invalid_arguments("`addressBookId` names no address book");
    let book = book.map(|id| call.id::<BookId>(&id).ok_or_else(fault));
    let wish = Wish {
        account,
        ids,
        book: book.transpose()?,
        version: version.transpose()?,
    };
    let mut file = of_books(&call, &wish, &mut not_found).await?;
    of_directory(&call, &wish, &mut file, &mut not_found).await?;
    let size = file.len();
    // Who may read cards need not be allowed to leave anything beside them.
    let own = call.visit.own_account();
    let blob = call.groupware().upload(call.caller(), own, file).await?;
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("blobAccountId".into(), own.wire().into());
    answer.insert("blobId".into(), upload_id(blob).into());
    answer.insert("type".into(), "text/vcard".into());
    answer.insert("size".into(), size.into());
    answer.insert("notFound".into(), not_found.into());
    Ok(Answer::from(answer))
}

/// Cards that are kept in address books of the account.
async fn of_books(
    call: &Call,
    wish: &Wish,
    not_found: &mut Vec<Value>,
) -> Result<Vec<u8>, MethodError> {
    let (groupware, kind) = (call.groupware(), CollectionKind::AddressBook);
    let books = groupware
        .readable_collections(call.caller(), wish.account, kind)
        .await?;
    let is_in = |info: &groupware::CollectionInfo| {
        let id = BookId::own(info.collection.id);
        wish.book.is_none_or(|book| book == id)
    };
    let mut wanted: Vec<Arc<Kept>> = Vec::new();
    let books = || books.iter().filter(|book| is_in(&book.info));
    match &wish.ids {
        None => wanted.extend(books().flat_map(|book| book.view.iter().cloned())),
        Some(ids) => {
            for id in ids {
                if let CardKey::Object(object) = id.0 {
                    match books().find_map(|book| book.view.by_id(object)) {
                        Some(object) => wanted.push(Arc::clone(object)),
                        None => not_found.push(id.wire().into()),
                    }
                }
            }
        }
    }
    let mut file = Vec::new();
    for some in wanted.chunks(BODIES_AT_ONCE) {
        let bodies = groupware.bodies(some).await?;
        for body in bodies.into_iter().flatten() {
            if let Ok(card) = ContactCard::read(&body) {
                add(&mut file, &card, wish.version)?;
            }
        }
    }
    Ok(file)
}

/// Cards of the directory: everybody has them in their own account.
async fn of_directory(
    call: &Call,
    wish: &Wish,
    file: &mut Vec<u8>,
    not_found: &mut Vec<Value>,
) -> Result<(), MethodError> {
    let named: BTreeSet<CardId> = wish.ids.iter().flatten().copied().collect();
    let named: BTreeSet<CardId> = named
        .into_iter()
        .filter(|id| matches!(id.0, CardKey::Directory(_)))
        .collect();
    let whole = wish.book == Some(BookId(AddressBook::Directory)) && wish.ids.is_none();
    if !whole && named.is_empty() {
        return Ok(());
    }
    if wish.account != call.visit.own_account() {
        not_found.extend(named.into_iter().map(|id| Value::from(id.wire())));
        return Ok(());
    }
    let mut left = named.clone();
    for entry in call.groupware().directory_cards(call.caller()).await? {
        let id = CardId(CardKey::Directory(entry.principal));
        if (whole || named.contains(&id))
            && let Ok(card) = ContactCard::read(entry.text.as_bytes())
        {
            left.remove(&id);
            add(file, &card, wish.version)?;
        }
    }
    not_found.extend(left.into_iter().map(|id| Value::from(id.wire())));
    Ok(())
}

fn add(
    file: &mut Vec<u8>,
    card: &ContactCard,
    version: Option<Version>,
) -> Result<(), MethodError> {
    let text = match version {
        Some(version) => card.convert(version).into(),
        None => card.text(),
    };
    file.extend_from_slice(text.as_bytes());
    if !text.ends_with('\n') {
        file.extend_from_slice(b"\r\n");
    }
    match file.len() > UPLOAD_OCTETS_MAX {
        true => Err(MethodError::new("tooLarge")),
        false => Ok(()),
    }
}
