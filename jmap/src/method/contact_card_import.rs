//! `ContactCard/import`: the cards of a file, as they are, into an address book. An extension of ours.

use groupware::{AddressBook, Existing, Imported, NewImport};
use model::PathSegment;
use serde_json::{Value, json};
use vcard::{ContactCard, Fault, Version, read_all, upgrade};

use crate::call::{Answer, Call, Outcome};
use crate::codec::id::WireId;
use crate::codec::json::Object;
use crate::data_type::DataType;
use crate::error::{MethodError, SetError};
use crate::words::card_id::BookId;

/// Octets of a file that is imported.
const FILE_OCTETS_MAX: u64 = 64 * 1024 * 1024;

/// Cards that are imported at once: an address book has fewer.
const CARDS_MAX: usize = 20_000;

/// Cards that are named as not imported; the rest is counted.
const REFUSED_MAX: usize = 100;

/// What a file has: cards, and what is none, each with its place in the file.
struct Read {
    cards: Vec<(usize, NewImport)>,
    refused: Vec<(usize, String)>,
}

pub(crate) async fn run(mut call: Call) -> Outcome {
    let account = call.account().await?;
    let book = call.arguments.id("addressBookId")?;
    let blob = call.arguments.required_text("blobId")?;
    let existing = match call.arguments.text("existing")?.as_deref() {
        None | Some("keep") => Existing::Kept,
        Some("replace") => Existing::Replaced,
        Some(_) => {
            let why = "`existing` is `keep` or `replace`";
            return Err(MethodError::invalid_arguments(why));
        }
    };
    call.finish()?;
    let book = book.and_then(|id| call.id::<BookId>(&id));
    let unknown = || MethodError::invalid_arguments("`addressBookId` names no address book");
    let AddressBook::Own(book) = book.ok_or_else(unknown)?.0 else {
        return Err(MethodError::new("forbidden"));
    };
    let name = call.shared.resolve(&blob).unwrap_or_default();
    let blob = crate::blob::resolve(&call.visit, account, &name).await?;
    let blob = blob.ok_or_else(|| MethodError::new("blobNotFound"))?;
    if blob.size > FILE_OCTETS_MAX {
        return Err(MethodError::request_too_large());
    }
    let octets = blob.octets().await?;
    let old = call.state(account, DataType::ContactCard).await?;
    let reading = tokio::task::spawn_blocking(move || read(&octets));
    let read = reading.await.map_err(|_| MethodError::server_fail())?;
    let Read { cards, mut refused } = read;
    if cards.len() + refused.len() > CARDS_MAX {
        return Err(MethodError::request_too_large());
    }
    let (places, cards): (Vec<usize>, Vec<NewImport>) = cards.into_iter().unzip();
    let done = call
        .groupware()
        .import_objects(call.caller(), account, book, cards, existing)
        .await?;
    let (mut added, mut replaced, mut kept) = (0_usize, 0_usize, 0_usize);
    for (place, done) in places.into_iter().zip(done) {
        match done {
            Ok(Imported::Added) => added += 1,
            Ok(Imported::Replaced) => replaced += 1,
            Ok(Imported::Kept) => kept += 1,
            Err(error) => refused.push((place, SetError::from(error).value().to_string())),
        }
    }
    refused.sort_unstable();
    let count = refused.len();
    let refused = refused.into_iter().take(REFUSED_MAX);
    let refused: Vec<Value> = refused
        .map(|(place, why)| json!({"index": place, "description": why}))
        .collect();
    let mut answer = Object::new();
    answer.insert("accountId".into(), account.wire().into());
    answer.insert("oldState".into(), old.into());
    let new = call.state(account, DataType::ContactCard).await?;
    answer.insert("newState".into(), new.into());
    for (name, count) in [
        ("added", added),
        ("replaced", replaced),
        ("kept", kept),
        ("refused", count),
    ] {
        answer.insert(name.into(), count.into());
    }
    answer.insert("notImported".into(), refused.into());
    Ok(Answer::from(answer))
}

fn read(file: &[u8]) -> Read {
    let mut read = Read {
        cards: Vec::new(),
        refused: Vec::new(),
    };
    for (place, found) in read_all(file).enumerate().take(CARDS_MAX + 1) {
        let octets = file.get(found.range).unwrap_or_default();
        let text = match found.card {
            Ok(card) => Ok(card.text().into_owned()),
            // What Outlook writes.
            Err(Fault::UnsupportedVersion(_)) => upgrade(octets),
            Err(fault) => Err(fault),
        };
        match text.and_then(with_uid) {
            Ok(import) => read.cards.push((place, import)),
            Err(fault) => read.refused.push((place, fault.to_string())),
        }
    }
    read
}

/// A card under the name that its UID makes; one without gets one, which the same card gets again.
fn with_uid(text: String) -> Result<NewImport, Fault> {
    let card = ContactCard::read(text.as_bytes())?;
    let uid = card.uid().filter(|uid| !uid.trim().is_empty());
    let (uid, text) = match uid {
        Some(uid) => (uid.into_owned(), text),
        None => {
            let hash = blake3::hash(text.as_bytes()).to_hex();
            let part = |from: usize, to: usize| hash.get(from..to).unwrap_or_default();
            let uuid = format!(
                "{}-{}-8{}-8{}-{}",
                part(0, 8),
                part(8, 12),
                part(12, 15),
                part(15, 18),
                part(18, 30)
            );
            // RFC 6350 6.7.6: a URI; RFC 2426 3.6.7: any text.
            let uid = match card.version() {
                Version::V4 => format!("urn:uuid:{uuid}"),
                Version::V3 => uuid,
            };
            let end = text.to_ascii_uppercase().rfind("END:VCARD");
            let end = end.unwrap_or(text.len());
            let (before, after) = text.split_at(end);
            let text = format!("{before}UID:{uid}\r\n{after}");
            ContactCard::read(text.as_bytes())?;
            (uid, text)
        }
    };
    let hash = blake3::hash(uid.as_bytes()).to_hex();
    let name = format!("{}.vcf", hash.get(..32).unwrap_or_default());
    Ok(NewImport {
        name: PathSegment::try_from(name).expect("hexadecimal digits and a suffix are a name"),
        body: text.into_bytes(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_of_all_versions_get_names_that_stay_the_same() {
        let file = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:A\r\nX-ODD:1\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:2.1\r\nN:B;C\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:4.0\r\nUID:u\r\nFN:D\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:9.0\r\nEND:VCARD\r\n";
        let (one, two) = (read(file), read(file));
        assert_eq!(one.cards.len(), 3);
        assert_eq!(one.refused.len(), 1);
        for ((_, one), (_, two)) in one.cards.iter().zip(&two.cards) {
            assert_eq!((&one.name, &one.body), (&two.name, &two.body));
        }
        let first = String::from_utf8_lossy(&one.cards[0].1.body).into_owned();
        assert!(first.contains("X-ODD:1\r\nUID:"), "{first}");
    }
}
