//! Questions about contact cards: conditions, orders, and which cards meet them, in all address books at once.
//!
//! What the summaries tell is answered from them, in memory; bodies are read only where a summary leaves the answer open.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::Arc;

use model::{AccountId, BlobRef, CollectionId, CollectionKind, ObjectId, PrincipalId, Timestamp};
use vcard::{ContactCard, Version};

use super::DirectoryCard;
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;
use crate::object::Object;
use crate::search::fold::words;

/// Which card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CardKey {
    /// One in an address book of the account.
    Object(ObjectId),
    /// One of the organisation's directory.
    Directory(PrincipalId),
}

/// Which address book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressBook {
    /// One of the account.
    Own(CollectionId),
    /// The organisation's directory, in everybody's own account.
    Directory,
}

/// What a card has to be like (RFC 9610 3.3.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardFilter {
    /// All of these hold.
    And(Vec<Self>),
    /// At least one holds.
    Or(Vec<Self>),
    /// None holds.
    Not(Vec<Self>),
    /// It is in that address book.
    InAddressBook(AddressBook),
    /// That is its `UID`.
    Uid(String),
    /// It is a group with that member.
    HasMember(String),
    /// That is its kind.
    Kind(String),
    /// It was put here before that.
    CreatedBefore(Timestamp),
    /// It was put here then or later.
    CreatedAfter(Timestamp),
    /// It was last changed before that.
    UpdatedBefore(Timestamp),
    /// It was last changed then or later.
    UpdatedAfter(Timestamp),
    /// All words stand in one of these.
    Text(CardText, String),
}

/// Where a text is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardText {
    /// Anywhere.
    Any,
    /// The name as a whole, and its components.
    Name,
    /// One component of the name, by its place in `N` (RFC 9554 2.2).
    NamePart(usize),
    /// Nicknames.
    Nickname,
    /// Organisations and their units.
    Organization,
    /// E-mail addresses.
    Email,
    /// Telephone numbers.
    Phone,
    /// Accounts at services.
    OnlineService,
    /// Postal addresses.
    Address,
    /// Notes.
    Note,
}

/// What cards are sorted by (RFC 9610 3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CardOrder {
    /// When it was put here.
    Created,
    /// When it was last changed.
    Updated,
    /// A component of the name, by its place in `N`.
    NamePart(usize),
}

/// One thing that cards are sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CardSort {
    /// What.
    pub by: CardOrder,
    /// Smallest first.
    pub ascending: bool,
}

impl Groupware {
    /// The cards that meet a filter, in that order; where two are equal, by name and number. In the caller's own account the
    /// directory's cards are among them.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the caller sees nothing of the account; or the store cannot be read.
    pub async fn query_cards(
        &self,
        caller: &Caller,
        account: AccountId,
        filter: Option<CardFilter>,
        sort: Vec<CardSort>,
    ) -> Result<Vec<CardKey>, Error> {
        let readable = self
            .readable_collections(caller, account, CollectionKind::AddressBook)
            .await?;
        let mut candidates: Vec<(CollectionId, Arc<Object>)> = Vec::new();
        for collection in &readable {
            let id = collection.info.collection.id;
            candidates.extend(
                collection
                    .view
                    .iter()
                    .map(|object| (id, Arc::clone(object))),
            );
        }
        let mut directory = Vec::new();
        if caller.owns(account) {
            directory = self.directory_cards(caller).await?;
        }
        let work = move |engine: &dyn store::Engine| {
            let filter = filter.unwrap_or(CardFilter::And(Vec::new()));
            let mut found = Vec::new();
            let mut open = Vec::new();
            for (book, object) in candidates {
                let facts = Facts::of(account, book, &object);
                match filter.holds(&facts) {
                    Some(true) => found.push(facts.ranked(&sort)),
                    Some(false) => {}
                    None => open.push((book, object)),
                }
            }
            let blobs: Vec<BlobRef> = open.iter().map(|(_, object)| object.row.blob).collect();
            engine.bodies(&blobs, &mut |place, body| {
                if let Some((book, object)) = open.get(place)
                    && let Ok(card) = ContactCard::read(body)
                {
                    let facts = Facts::of(account, *book, object).with_card(card);
                    if filter.holds(&facts) == Some(true) {
                        found.push(facts.ranked(&sort));
                    }
                }
                ControlFlow::Continue(())
            })?;
            for entry in &directory {
                if let Some(facts) = Facts::of_directory(entry)
                    && filter.holds(&facts) == Some(true)
                {
                    found.push(facts.ranked(&sort));
                }
            }
            found.sort_by(|a, b| a.compare(b, &sort));
            Ok(found.into_iter().map(|ranked| ranked.key).collect())
        };
        self.blocking(work).await
    }

    /// What identifies a card that says nothing of it, always the same.
    // RFC 9555 2.1.1: a vCard may have no UID, a JSContact card has one.
    #[must_use]
    pub fn card_uid(account: AccountId, object: &Object) -> String {
        if object.row.uid.is_empty() {
            let (account, object) = (account.0, object.row.object.0);
            format!("urn:uuid:{account:08x}-0000-8000-8001-{object:012x}")
        } else {
            object.row.uid.clone()
        }
    }
}

/// What is known of a card that is asked about.
struct Facts {
    key: CardKey,
    book: AddressBook,
    uid: String,
    created_at: Timestamp,
    updated_at: Timestamp,
    summary: Option<vcard::Summary>,
    card: Option<ContactCard>,
}

impl Facts {
    fn of(account: AccountId, book: CollectionId, object: &Object) -> Self {
        Self {
            key: CardKey::Object(object.row.object),
            book: AddressBook::Own(book),
            uid: Groupware::card_uid(account, object),
            created_at: object.row.created_at,
            updated_at: object.row.modified_at,
            summary: object.summary.contact().cloned(),
            card: None,
        }
    }

    fn of_directory(entry: &DirectoryCard) -> Option<Self> {
        let card = ContactCard::read(entry.text.as_bytes()).ok()?;
        Some(Self {
            key: CardKey::Directory(entry.principal),
            book: AddressBook::Directory,
            uid: card.uid().unwrap_or_default().into_owned(),
            // Nobody knows when; before all else.
            created_at: Timestamp(0),
            updated_at: Timestamp(0),
            summary: Some(card.summary()),
            card: Some(card),
        })
    }

    fn with_card(self, card: ContactCard) -> Self {
        Self {
            summary: Some(card.summary()),
            card: Some(card),
            ..self
        }
    }

    fn ranked(self, sort: &[CardSort]) -> Ranked {
        let part = |part: usize| {
            let name = self
                .summary
                .as_ref()
                .and_then(|summary| summary.name.get(part));
            words(name.map(String::as_str).unwrap_or_default())
        };
        let keys = sort.iter().map(|sort| match sort.by {
            CardOrder::Created => Rank::At(self.created_at),
            CardOrder::Updated => Rank::At(self.updated_at),
            CardOrder::NamePart(place) => Rank::Text(part(place)),
        });
        Ranked {
            keys: keys.collect(),
            name: self
                .summary
                .as_ref()
                .map(|summary| words(&summary.sort_name))
                .unwrap_or_default(),
            key: self.key,
        }
    }

    /// Whether the words stand there; none if the card must be read to know.
    fn has_words(&self, place: CardText, text: &str) -> Option<bool> {
        if let Some(card) = &self.card {
            return Some(matches(place, text, &texts_of(card, place)));
        }
        let summary = self.summary.as_ref()?;
        let known: Vec<&String> = match place {
            CardText::NamePart(part) => summary.name.get(part).into_iter().collect(),
            CardText::Nickname => summary.nicknames.iter().collect(),
            CardText::Email => summary.emails.iter().collect(),
            CardText::Organization => summary.organisation.iter().collect(),
            CardText::Name => summary.name.iter().chain([&summary.full_name]).collect(),
            CardText::Any
            | CardText::Phone
            | CardText::OnlineService
            | CardText::Address
            | CardText::Note => return None,
        };
        let known: Vec<String> = known.into_iter().cloned().collect();
        match matches(place, text, &known) {
            // Something was left out of the summary, in which it could stand.
            false if summary.cut => None,
            known => Some(known),
        }
    }
}

impl CardFilter {
    /// Whether it holds; none if the card must be read to know.
    fn holds(&self, facts: &Facts) -> Option<bool> {
        match self {
            Self::And(all) => {
                let mut open = false;
                for one in all {
                    match one.holds(facts) {
                        Some(false) => return Some(false),
                        Some(true) => {}
                        None => open = true,
                    }
                }
                (!open).then_some(true)
            }
            Self::Or(all) => {
                let mut open = false;
                for one in all {
                    match one.holds(facts) {
                        Some(true) => return Some(true),
                        Some(false) => {}
                        None => open = true,
                    }
                }
                (!open).then_some(false)
            }
            Self::Not(all) => {
                let mut open = false;
                for one in all {
                    match one.holds(facts) {
                        Some(true) => return Some(false),
                        Some(false) => {}
                        None => open = true,
                    }
                }
                (!open).then_some(true)
            }
            Self::InAddressBook(book) => Some(facts.book == *book),
            Self::Uid(uid) => Some(facts.uid == *uid),
            Self::HasMember(member) => {
                let summary = facts.summary.as_ref()?;
                if summary.kind != vcard::Kind::Group {
                    return Some(false);
                }
                match (&facts.card, summary.members.contains(member)) {
                    (_, true) => Some(true),
                    (Some(card), false) => Some(card.members().any(|one| one == member)),
                    (None, false) if summary.cut => None,
                    (None, false) => Some(false),
                }
            }
            Self::Kind(kind) => {
                let summary = facts.summary.as_ref()?;
                Some(summary.kind.as_str().eq_ignore_ascii_case(kind))
            }
            Self::CreatedBefore(at) => Some(facts.created_at < *at),
            Self::CreatedAfter(at) => Some(facts.created_at >= *at),
            Self::UpdatedBefore(at) => Some(facts.updated_at < *at),
            Self::UpdatedAfter(at) => Some(facts.updated_at >= *at),
            Self::Text(place, text) => facts.has_words(*place, text),
        }
    }
}

/// What the question is asked of.
fn texts_of(card: &ContactCard, place: CardText) -> Vec<String> {
    let names: &[&str] = match place {
        CardText::Any => &ALL,
        CardText::Name | CardText::NamePart(_) => &["FN", "N", "X-FN"],
        CardText::Nickname => &["NICKNAME"],
        CardText::Organization => &["ORG"],
        CardText::Email => &["EMAIL"],
        CardText::Phone => &["TEL"],
        CardText::OnlineService => &["IMPP", "SOCIALPROFILE", "X-SOCIALPROFILE"],
        CardText::Address => &["ADR", "LABEL"],
        CardText::Note => &["NOTE"],
    };
    let mut texts = Vec::new();
    let named = card.properties().iter();
    for property in named.filter(|property| names.iter().any(|name| property.is(name))) {
        match place {
            CardText::NamePart(part) if property.is("N") => {
                texts.extend(property.components().into_iter().nth(part));
            }
            CardText::NamePart(_) => {}
            _ => texts.push(property.text().into_owned()),
        }
        if matches!(place, CardText::Any | CardText::Address) {
            texts.extend(property.param("LABEL").map(str::to_owned));
        }
        if matches!(place, CardText::Any | CardText::OnlineService) {
            for param in ["SERVICE-TYPE", "X-SERVICE-TYPE", "USERNAME", "X-USER"] {
                texts.extend(property.param(param).map(str::to_owned));
            }
        }
    }
    if matches!(place, CardText::Any) && card.version() == Version::V3 {
        texts.push(card.full_name());
    }
    texts
}

/// Whether each word that is asked for begins a word there; numbers also by their digits alone.
fn matches(place: CardText, wanted: &str, texts: &[String]) -> bool {
    let all: String = texts.iter().map(|text| words(text)).collect();
    let asked = words(wanted);
    let mut asked_words = asked.split(' ').filter(|word| !word.is_empty()).peekable();
    let said = asked_words.peek().is_some();
    if said && asked_words.all(|word| all.contains(&format!(" {word}"))) {
        return true;
    }
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let number = digits(wanted);
    let is_number = !number.is_empty() && !wanted.chars().any(char::is_alphabetic);
    matches!(place, CardText::Phone | CardText::Any)
        && is_number
        && texts.iter().any(|text| digits(text).contains(&number))
}

/// A card with what it is sorted by.
struct Ranked {
    keys: Vec<Rank>,
    name: String,
    key: CardKey,
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    At(Timestamp),
    Text(String),
}

impl Ranked {
    fn compare(&self, other: &Self, sort: &[CardSort]) -> Ordering {
        for (sort, (mine, others)) in sort.iter().zip(self.keys.iter().zip(&other.keys)) {
            let order = mine.cmp(others);
            let order = if sort.ascending {
                order
            } else {
                order.reverse()
            };
            if order.is_ne() {
                return order;
            }
        }
        self.name
            .cmp(&other.name)
            .then_with(|| self.key.cmp(&other.key))
    }
}

/// Properties of a vCard that people read.
const ALL: [&str; 17] = [
    "FN",
    "N",
    "NICKNAME",
    "ORG",
    "TITLE",
    "ROLE",
    "EMAIL",
    "TEL",
    "IMPP",
    "SOCIALPROFILE",
    "X-SOCIALPROFILE",
    "ADR",
    "LABEL",
    "NOTE",
    "CATEGORIES",
    "URL",
    "X-FN",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(body: &str, read: bool) -> Facts {
        let text = format!("BEGIN:VCARD\r\nVERSION:4.0\r\n{body}END:VCARD\r\n");
        let card = ContactCard::read(text.as_bytes()).unwrap();
        Facts {
            key: CardKey::Object(ObjectId(1)),
            book: AddressBook::Own(CollectionId(1)),
            uid: "u".into(),
            created_at: Timestamp(10),
            updated_at: Timestamp(20),
            summary: Some(card.summary()),
            card: read.then_some(card),
        }
    }

    fn text(place: CardText, text: &str) -> CardFilter {
        CardFilter::Text(place, text.into())
    }

    #[test]
    fn what_the_summary_tells_needs_no_body() {
        let facts = facts(
            "FN:Erika Müller\r\nN:Müller;Erika;;;\r\nEMAIL:e@x.org\r\nNOTE:tall\r\n",
            false,
        );
        assert_eq!(text(CardText::Name, "muller eri").holds(&facts), Some(true));
        assert_eq!(
            text(CardText::NamePart(1), "müller").holds(&facts),
            Some(false)
        );
        assert_eq!(text(CardText::Email, "x.org").holds(&facts), Some(true));
        assert_eq!(text(CardText::Note, "tall").holds(&facts), None);
        let both = CardFilter::And(vec![
            text(CardText::Note, "tall"),
            text(CardText::Email, "y"),
        ]);
        assert_eq!(both.holds(&facts), Some(false));
        let not = CardFilter::Not(vec![CardFilter::Kind("group".into())]);
        assert_eq!(not.holds(&facts), Some(true));
        assert_eq!(
            CardFilter::CreatedAfter(Timestamp(10)).holds(&facts),
            Some(true)
        );
        assert_eq!(
            CardFilter::CreatedBefore(Timestamp(10)).holds(&facts),
            Some(false)
        );
    }

    #[test]
    fn the_card_tells_the_rest() {
        let facts = facts(
            "FN:x\r\nNOTE:tall\r\nTEL:+49 (30) 12-34\r\nADR:;;Weg 1;Köln;;;\r\nIMPP:xmpp:a@b\r\n",
            true,
        );
        assert_eq!(text(CardText::Note, "TALL").holds(&facts), Some(true));
        assert_eq!(text(CardText::Phone, "301234").holds(&facts), Some(true));
        assert_eq!(text(CardText::Address, "koln").holds(&facts), Some(true));
        assert_eq!(
            text(CardText::OnlineService, "xmpp").holds(&facts),
            Some(true)
        );
        assert_eq!(text(CardText::Any, "weg tall").holds(&facts), Some(true));
        assert_eq!(text(CardText::Any, "short").holds(&facts), Some(false));
    }
}
