//! Resources: what a path leads to, for whoever asks.

mod members;

mod resolve;

mod trail;

use std::sync::Arc;

use groupware::{CollectionInfo, Object};
use model::{AccountId, CollectionKind, CollectionRights, Principal};

use crate::codec::header::ETag;
use crate::codec::href::Target;
use crate::directory_book::DirectoryEntry;
use crate::words;

pub(crate) use members::{child, child_place, folders, members, sibling, sibling_collection};
pub(crate) use resolve::{resolve, resolve_href, resolve_parent};
pub(crate) use trail::{last_segment, spot_of};

/// Something that is there.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    /// The path that leads to it for whoever asks.
    pub(crate) place: Target,
    pub(crate) what: What,
}

/// What it is.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// The root, or the collection of all principals or homes of one kind.
    Plain,
    /// A person, group, room.
    Principal(Arc<Principal>),
    /// Those who may act for somebody.
    Proxy(Arc<Principal>, Proxy),
    /// Where somebody's calendars or address books are.
    Home(Arc<Principal>),
    /// Where free/busy times are asked for.
    Outbox(Arc<Principal>),
    /// Messages about shared calendars; there never are any.
    Notifications(Arc<Principal>),
    /// The organisation's people.
    Directory,
    /// One of them.
    DirectoryCard(Arc<DirectoryEntry>),
    /// A calendar, address book, scheduling inbox or folder.
    Collection(CollectionInfo),
    /// A calendar object, contact card or file.
    Object(CollectionInfo, Arc<Object>),
}

/// How far somebody may act for somebody else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Proxy {
    Read,
    Write,
}

/// What a path leads to.
#[derive(Clone, Debug)]
pub(crate) enum Found {
    Here(Resource),
    /// Nothing is there.
    Vacant(Vacant),
}

/// A place where nothing is.
#[derive(Clone, Debug)]
pub(crate) struct Vacant {
    pub(crate) place: Target,
    pub(crate) within: Within,
}

/// What a vacant place is in.
#[derive(Clone, Debug)]
pub(crate) enum Within {
    /// Somebody's home: a collection could be there.
    Home(Arc<Principal>),
    /// A collection.
    Collection(CollectionInfo),
    /// Something that is not there either.
    Nothing,
}

/// Kinds of resources, as a set: what a property is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kinds(pub(crate) u32);

impl Kinds {
    pub(crate) const PLAIN: Self = Self(1);
    pub(crate) const PRINCIPAL: Self = Self(1 << 1);
    pub(crate) const PROXY: Self = Self(1 << 2);
    pub(crate) const HOME: Self = Self(1 << 3);
    pub(crate) const OUTBOX: Self = Self(1 << 4);
    pub(crate) const NOTIFICATIONS: Self = Self(1 << 5);
    pub(crate) const DIRECTORY: Self = Self(1 << 6);
    pub(crate) const DIRECTORY_CARD: Self = Self(1 << 7);
    pub(crate) const CALENDAR: Self = Self(1 << 8);
    pub(crate) const ADDRESS_BOOK: Self = Self(1 << 9);
    pub(crate) const INBOX: Self = Self(1 << 10);
    pub(crate) const FOLDER: Self = Self(1 << 11);
    pub(crate) const EVENT: Self = Self(1 << 12);
    pub(crate) const CARD: Self = Self(1 << 13);
    pub(crate) const MESSAGE: Self = Self(1 << 14);
    pub(crate) const FILE: Self = Self(1 << 15);

    /// Those that the store knows as collections.
    pub(crate) const STORED: Self =
        Self(Self::CALENDAR.0 | Self::ADDRESS_BOOK.0 | Self::INBOX.0 | Self::FOLDER.0);
    /// Those with a body.
    pub(crate) const OBJECTS: Self =
        Self(Self::EVENT.0 | Self::CARD.0 | Self::MESSAGE.0 | Self::FILE.0);
    pub(crate) const ALL: Self = Self((1 << 16) - 1);

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Resource {
    pub(crate) fn new(place: Target, what: What) -> Self {
        Self { place, what }
    }

    /// Which kind it is.
    pub(crate) fn kind(&self) -> Kinds {
        match &self.what {
            What::Plain => Kinds::PLAIN,
            What::Principal(_) => Kinds::PRINCIPAL,
            What::Proxy(..) => Kinds::PROXY,
            What::Home(_) => Kinds::HOME,
            What::Outbox(_) => Kinds::OUTBOX,
            What::Notifications(_) => Kinds::NOTIFICATIONS,
            What::Directory => Kinds::DIRECTORY,
            What::DirectoryCard(_) => Kinds::DIRECTORY_CARD,
            What::Collection(info) => match info.collection.kind {
                CollectionKind::Calendar => Kinds::CALENDAR,
                CollectionKind::AddressBook => Kinds::ADDRESS_BOOK,
                CollectionKind::ScheduleInbox => Kinds::INBOX,
                CollectionKind::Folder => Kinds::FOLDER,
                CollectionKind::Scripts | CollectionKind::Records => Kinds::PLAIN,
            },
            What::Object(info, _) => match info.collection.kind {
                CollectionKind::Calendar => Kinds::EVENT,
                CollectionKind::AddressBook => Kinds::CARD,
                CollectionKind::ScheduleInbox => Kinds::MESSAGE,
                CollectionKind::Folder => Kinds::FILE,
                CollectionKind::Scripts | CollectionKind::Records => Kinds::PLAIN,
            },
        }
    }

    /// Whether it can have members (RFC 4918 3, "collection").
    pub(crate) fn is_collection(&self) -> bool {
        !matches!(self.what, What::Object(..) | What::DirectoryCard(_))
    }

    /// Its path: a slash stands behind every collection (RFC 4918 5.2).
    pub(crate) fn href(&self) -> String {
        match &self.what {
            What::Collection(_) => self.place.folder_href(),
            _ => self.place.href(),
        }
    }

    /// The collection that it is, or is in.
    pub(crate) fn collection(&self) -> Option<&CollectionInfo> {
        match &self.what {
            What::Collection(info) | What::Object(info, _) => Some(info),
            _ => None,
        }
    }

    /// Whose it is.
    pub(crate) fn account(&self) -> Option<AccountId> {
        match &self.what {
            What::Collection(info) | What::Object(info, _) => Some(info.account),
            What::Principal(principal)
            | What::Proxy(principal, _)
            | What::Home(principal)
            | What::Outbox(principal)
            | What::Notifications(principal) => Some(principal.id.into()),
            What::Plain | What::Directory | What::DirectoryCard(_) => None,
        }
    }

    /// What whoever asks may do with it; reading goes without saying where the store decides nothing.
    pub(crate) fn rights(&self) -> CollectionRights {
        self.collection()
            .map_or(CollectionRights::READER, |info| info.rights)
    }

    /// The tag of its body.
    pub(crate) fn etag(&self) -> Option<ETag> {
        match &self.what {
            What::Object(_, object) => Some(words::etag(object.row.blob.id)),
            What::DirectoryCard(entry) => Some(entry.etag.clone()),
            _ => None,
        }
    }
}
