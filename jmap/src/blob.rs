//! Blobs (RFC 8620 6): bytes by their id, for those who may read what they are of.
//!
//! | id | bytes | who may read them |
//! |---|---|---|
//! | `u` and 64 digits of base 16 | what was uploaded, by its BLAKE3 | who uploaded it |
//! | `e17` | the message of an email | who may read its mailbox |
//! | `e17-3` | a part of it, decoded; parts are counted from 0 in the order they stand there | the same |
//! | `u...-3`, `e17-2-3` | a part of a message that was uploaded or is a part itself (RFC 8621 4.9) | who may read the message |
//! | `o12-34` | the body of an object, or the text of a script, as of entry 34 of the journal | who may read its collection; the owner |
//! | `o12-34-0` | a picture or sound inside of a contact card, counted from 0 | the same |
//!
//! **Invariant:** an id stands for the same bytes for ever; the rights are asked for at every use.

pub(crate) mod card_media;

mod download;

mod transfer;

mod upload;

use std::sync::Arc;

use groupware::{EmailContent, Error, Object};
use model::{
    AccountId, BlobId, CollectionKind, EmailId, EmailMeta, MailboxId, ObjectId, Seq, ThreadId,
};

use crate::codec::id::WireId;
use crate::error::MethodError;
use crate::visit::Visit;

pub(crate) use download::download;
pub(crate) use transfer::transfer;
pub(crate) use upload::upload;

/// Kinds of collections whose objects have bodies that are blobs.
const KINDS: [CollectionKind; 3] = [
    CollectionKind::Calendar,
    CollectionKind::AddressBook,
    CollectionKind::Folder,
];

/// A blob that is there, and that the caller may read.
#[derive(Clone, Debug)]
pub(crate) struct Blob {
    visit: Arc<Visit>,
    account: AccountId,
    source: Source,
    /// Octets; of a part at most, since it is not decoded yet.
    pub(crate) size: u64,
}

/// Where the bytes are.
#[derive(Clone, Debug)]
enum Source {
    Upload(BlobId),
    Email(EmailId),
    Part(EmailId, usize),
    /// What was found inside a message that is no email: it is at hand already.
    Inside(Arc<Vec<u8>>),
    Object(Arc<Object>),
    Script(ObjectId),
    Medium(Arc<Object>, usize),
}

/// What an id is an id of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Upload(BlobId),
    Email(EmailId),
    Part(EmailId, usize),
    /// A part of a message that is no email.
    Inside(Outer, usize),
    Object(ObjectId, Seq),
    Medium(ObjectId, Seq, usize),
}

/// A message that is no email.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outer {
    Upload(BlobId),
    Part(EmailId, usize),
}

/// The email that a blob is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bearer {
    pub(crate) email: EmailId,
    pub(crate) thread: ThreadId,
    pub(crate) mailbox: MailboxId,
}

impl Name {
    /// Reads an id.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let place = |digits: &str| usize::try_from(number(digits)?).ok();
        if let Some(upload) = text.strip_prefix('u') {
            return match upload.split_once('-') {
                None => BlobId::parse(upload).map(Self::Upload),
                Some((hash, part)) => {
                    let upload = Outer::Upload(BlobId::parse(hash)?);
                    Some(Self::Inside(upload, place(part)?))
                }
            };
        }
        if let Some(object) = text.strip_prefix('o') {
            let (object, entry) = object.split_once('-')?;
            let object = ObjectId(u32::try_from(number(object)?).ok()?);
            let Some((entry, medium)) = entry.split_once('-') else {
                return Some(Self::Object(object, Seq(number(entry)?)));
            };
            return Some(Self::Medium(object, Seq(number(entry)?), place(medium)?));
        }
        match text.split_once('-') {
            None => EmailId::parse(text).map(Self::Email),
            Some((email, parts)) => {
                let email = EmailId::parse(email)?;
                match parts.split_once('-') {
                    None => Some(Self::Part(email, place(parts)?)),
                    Some((outer, inner)) => {
                        let outer = Outer::Part(email, place(outer)?);
                        Some(Self::Inside(outer, place(inner)?))
                    }
                }
            }
        }
    }
}

/// Digits without a zero in front.
fn number(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    let plain = text == "0" || !text.starts_with('0');
    (digits && plain).then(|| text.parse().ok()).flatten()
}

/// The id of an upload.
pub(crate) fn upload_id(id: BlobId) -> String {
    format!("u{id}")
}

/// The id of the body that an object has now.
pub(crate) fn object_id(object: &Object) -> String {
    format!("o{}-{}", object.row.object, object.row.changed)
}

/// The id of a picture or sound inside of a contact card.
pub(crate) fn medium_id(object: &Object, medium: usize) -> String {
    format!("{}-{medium}", object_id(object))
}

/// The blob of that id; none if it is not there, or the caller may not read it.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn resolve(
    visit: &Arc<Visit>,
    account: AccountId,
    id: &str,
) -> Result<Option<Blob>, MethodError> {
    let Some(name) = Name::parse(id) else {
        return Ok(None);
    };
    match find(visit, account, name).await {
        Ok(found) => Ok(found),
        Err(Error::NotFound | Error::Forbidden) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

async fn find(visit: &Arc<Visit>, account: AccountId, name: Name) -> Result<Option<Blob>, Error> {
    let (groupware, caller) = (visit.groupware(), &visit.caller);
    let found = match name {
        Name::Upload(id) => {
            let size = groupware.upload_size(caller, account, id).await?;
            size.map(|size| (Source::Upload(id), size))
        }
        Name::Email(id) => {
            let catalogue = groupware.catalogue(caller, account).await?;
            let email = catalogue.email(id);
            email.map(|email| (Source::Email(id), u64::from(email.row.size)))
        }
        Name::Part(id, part) => {
            let catalogue = groupware.catalogue(caller, account).await?;
            let metas = groupware
                .read_emails(&catalogue, &[id], EmailContent::Meta)
                .await?;
            let size = part_size(metas.get(id), part);
            size.map(|size| (Source::Part(id, part), size))
        }
        Name::Inside(outer, part) => {
            let octets = inside(visit, account, outer, part).await?;
            octets.map(|octets| {
                let size = octets.len() as u64;
                (Source::Inside(Arc::new(octets)), size)
            })
        }
        Name::Object(id, entry) => {
            let object = object(visit, account, id).await?;
            let object = object.filter(|object| object.row.changed == entry);
            match object {
                Some(object) => {
                    let size = u64::from(object.row.size);
                    Some((Source::Object(object), size))
                }
                None => script(visit, account, id, entry).await?,
            }
        }
        Name::Medium(id, entry, medium) => {
            let object = object(visit, account, id).await?;
            object
                .filter(|object| object.row.changed == entry)
                .map(|object| {
                    let size = u64::from(object.row.size);
                    (Source::Medium(object, medium), size)
                })
        }
    };
    Ok(found.map(|(source, size)| Blob {
        visit: Arc::clone(visit),
        account,
        source,
        size,
    }))
}

/// The email that a blob is of; none if it is of none, or the caller may not read it.
///
/// # Errors
/// The store cannot be read.
pub(crate) async fn bearer(
    visit: &Visit,
    account: AccountId,
    name: Name,
) -> Result<Option<Bearer>, MethodError> {
    let (Name::Email(id) | Name::Part(id, _) | Name::Inside(Outer::Part(id, _), _)) = name else {
        return Ok(None);
    };
    let catalogue = match visit.groupware().catalogue(&visit.caller, account).await {
        Ok(catalogue) => catalogue,
        Err(Error::NotFound) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    Ok(catalogue.email(id).map(|email| Bearer {
        email: id,
        thread: email.row.thread,
        mailbox: email.mailbox,
    }))
}

/// The content of a part of a message that is no email.
async fn inside(
    visit: &Arc<Visit>,
    account: AccountId,
    outer: Outer,
    part: usize,
) -> Result<Option<Vec<u8>>, Error> {
    let outer = match outer {
        Outer::Upload(id) => {
            let uploaded = visit.groupware().uploaded(&visit.caller, account, id);
            uploaded.await?
        }
        Outer::Part(id, at) => {
            let blob = Blob {
                visit: Arc::clone(visit),
                account,
                source: Source::Part(id, at),
                size: 0,
            };
            blob.part(id, at).await?
        }
    };
    let Some(message) = outer else {
        return Ok(None);
    };
    // Reading a large message takes long enough to be done aside; nothing is found if that ends early.
    let reading = tokio::task::spawn_blocking(move || {
        let meta = groupware::message::parse(&message).meta;
        decoded(&meta, &message, part)
    });
    Ok(reading.await.ok().flatten())
}

fn part_size(meta: Option<&[u8]>, part: usize) -> Option<u64> {
    let meta = EmailMeta::decode(meta?).ok()?;
    meta.parts
        .get(part)
        .map(|part| u64::from(part.body_octets()))
}

async fn object(
    visit: &Visit,
    account: AccountId,
    id: ObjectId,
) -> Result<Option<Arc<Object>>, Error> {
    // A script is read by nobody but whose it is.
    let own = account == visit.own_account();
    let scripts = own.then_some(CollectionKind::Scripts);
    for kind in KINDS.into_iter().chain(scripts) {
        let found = visit
            .groupware()
            .objects_by_id(&visit.caller, account, kind, &[id])
            .await?;
        if let Some(found) = found.into_iter().flatten().next() {
            return Ok(Some(found.object));
        }
    }
    Ok(None)
}

/// The script whose text that is; scripts are their owner's alone.
async fn script(
    visit: &Visit,
    account: AccountId,
    text: ObjectId,
    entry: Seq,
) -> Result<Option<(Source, u64)>, Error> {
    let scripts = visit
        .groupware()
        .numbered_scripts(&visit.caller, account)
        .await?;
    let found = scripts.0.iter().find(|script| script.text == (text, entry));
    Ok(found.map(|script| (Source::Script(script.id), u64::from(script.octets))))
}

impl Blob {
    /// The bytes.
    ///
    /// # Errors
    /// The store cannot be read, or it went in between.
    pub(crate) async fn octets(&self) -> Result<Vec<u8>, MethodError> {
        let (groupware, caller) = (self.visit.groupware(), &self.visit.caller);
        let octets = match &self.source {
            Source::Upload(id) => groupware.uploaded(caller, self.account, *id).await?,
            Source::Email(id) => self.message(*id).await?,
            Source::Part(id, part) => self.part(*id, *part).await?,
            Source::Inside(octets) => Some(octets.to_vec()),
            Source::Object(object) => Some(groupware.body(object).await?),
            Source::Script(id) => {
                let text = groupware.numbered_script(caller, self.account, *id);
                Some(text.await?)
            }
            Source::Medium(object, medium) => {
                card_media::octets(&groupware.body(object).await?, *medium)
            }
        };
        octets.ok_or_else(|| MethodError::server_fail().because("The blob went away."))
    }

    async fn message(&self, id: EmailId) -> Result<Option<Vec<u8>>, Error> {
        let groupware = self.visit.groupware();
        let catalogue = groupware
            .catalogue(&self.visit.caller, self.account)
            .await?;
        let read = groupware
            .read_emails(&catalogue, &[id], EmailContent::Message)
            .await?;
        Ok(read.get(id).map(<[u8]>::to_vec))
    }

    async fn part(&self, id: EmailId, part: usize) -> Result<Option<Vec<u8>>, Error> {
        let groupware = self.visit.groupware();
        let catalogue = groupware
            .catalogue(&self.visit.caller, self.account)
            .await?;
        let metas = groupware
            .read_emails(&catalogue, &[id], EmailContent::Meta)
            .await?;
        let messages = groupware
            .read_emails(&catalogue, &[id], EmailContent::Message)
            .await?;
        let (Some(meta), Some(message)) = (metas.get(id), messages.get(id)) else {
            return Ok(None);
        };
        Ok(decoded(meta, message, part))
    }
}

/// RFC 8621 4.1.4: a part's blob has no transfer encoding; one that nobody knows is left as it is.
fn decoded(meta: &[u8], message: &[u8], part: usize) -> Option<Vec<u8>> {
    use groupware::message::part as parts;
    let meta = EmailMeta::decode(meta).ok()?;
    let part = meta.parts.get(part)?;
    match parts::decoded(message, part) {
        Ok(octets) => Some(octets.into_owned()),
        Err(_) => message.get(parts::body(part)).map(<[u8]>::to_vec),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_say_what_they_are_of() {
        let hash = "0".repeat(64);
        let upload = Name::Upload(BlobId([0; 32]));
        assert_eq!(Name::parse(&format!("u{hash}")), Some(upload));
        assert_eq!(Name::parse("e17"), Some(Name::Email(EmailId(17))));
        assert_eq!(Name::parse("e17-0"), Some(Name::Part(EmailId(17), 0)));
        let object = Name::Object(ObjectId(12), Seq(34));
        assert_eq!(Name::parse("o12-34"), Some(object));
        let medium = Name::Medium(ObjectId(12), Seq(34), 0);
        assert_eq!(Name::parse("o12-34-0"), Some(medium));
        let inside = |outer| Some(Name::Inside(outer, 3));
        let uploaded = inside(Outer::Upload(BlobId([0; 32])));
        assert_eq!(Name::parse(&format!("u{hash}-3")), uploaded);
        let inner = inside(Outer::Part(EmailId(17), 2));
        assert_eq!(Name::parse("e17-2-3"), inner);
        for wrong in [
            "o1-2-", "o1-2-3-4", "", "u", "u00", "e", "e1-", "e1-01", "o1", "o1-x", "x1",
        ] {
            assert_eq!(Name::parse(wrong), None, "{wrong}");
        }
    }
}
