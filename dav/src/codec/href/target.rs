//! What a path stands for.

use std::fmt;

use model::PathSegment;

use super::address::Address;
use super::percent::{decode, encode};
use super::{FOLDER_DEPTH_MAX, PATH_OCTETS_MAX};
use crate::codec::fault::Fault;

/// A place in the URL space. What is not below `/dav/` or a well-known path is none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// `/dav/`
    Root,
    /// `/.well-known/caldav` (RFC 6764 5): to be redirected to the root.
    WellKnownCaldav,
    /// `/.well-known/carddav` (RFC 6764 5): to be redirected to the root.
    WellKnownCarddav,
    /// `/dav/principals/`
    Principals,
    /// `/dav/principals/<address>/`
    Principal(Address),
    /// `/dav/principals/<address>/calendar-proxy-read/`: who may read the calendars of this principal.
    ProxyRead(Address),
    /// `/dav/principals/<address>/calendar-proxy-write/`: who may write them.
    ProxyWrite(Address),
    /// `/dav/calendars/`
    CalendarHomes,
    /// `/dav/calendars/<address>/`
    CalendarHome(Address),
    /// `/dav/calendars/<address>/inbox/`
    Inbox(Address),
    /// `/dav/calendars/<address>/inbox/<object>`
    InboxObject(Address, PathSegment),
    /// `/dav/calendars/<address>/outbox/`
    Outbox(Address),
    /// `/dav/calendars/<address>/notifications/`: messages about shared calendars.
    Notifications(Address),
    /// `/dav/calendars/<address>/notifications/<object>`
    Notification(Address, PathSegment),
    /// `/dav/calendars/<address>/<collection>/`
    Calendar(Address, PathSegment),
    /// `/dav/calendars/<address>/<collection>/<object>`
    CalendarObject(Address, PathSegment, PathSegment),
    /// `/dav/attachments/<address>/<managed id>/<file name>` (RFC 8607)
    Attachment(Address, PathSegment, PathSegment),
    /// `/dav/addressbooks/`
    AddressBookHomes,
    /// `/dav/addressbooks/<address>/`
    AddressBookHome(Address),
    /// `/dav/addressbooks/<address>/directory/`: the organisation's people, for reading only.
    Directory(Address),
    /// `/dav/addressbooks/<address>/directory/<card>`
    DirectoryCard(Address, PathSegment),
    /// `/dav/addressbooks/<address>/<collection>/`
    AddressBook(Address, PathSegment),
    /// `/dav/addressbooks/<address>/<collection>/<object>`
    ContactCard(Address, PathSegment, PathSegment),
    /// `/dav/files/`
    FolderHomes,
    /// `/dav/files/<address>/...`: a folder or file; no segments for the home itself, at most
    /// [`FOLDER_DEPTH_MAX`].
    Folder(Address, Vec<PathSegment>),
}

const PROXY_READ: &str = "calendar-proxy-read";
const PROXY_WRITE: &str = "calendar-proxy-write";
const INBOX: &str = "inbox";
const OUTBOX: &str = "outbox";
const NOTIFICATIONS: &str = "notifications";
const DIRECTORY: &str = "directory";

/// Segments before those of a folder: `dav`, `files` and the address.
const SEGMENTS_BEFORE_FOLDERS: usize = 3;

impl Target {
    /// Names that no calendar can have.
    pub const RESERVED_CALENDAR_NAMES: [&'static str; 3] = [INBOX, OUTBOX, NOTIFICATIONS];
    /// Names that no address book can have.
    pub const RESERVED_ADDRESS_BOOK_NAMES: [&'static str; 1] = [DIRECTORY];

    /// Reads a path, percent-encoded as it came, without query. One slash at its end is passed over.
    ///
    /// # Errors
    /// [`Fault::Href`] for a path that is malformed, [`Fault::Outside`] for one that stands for nothing.
    pub fn parse(path: &str) -> Result<Self, Fault> {
        if path.len() > PATH_OCTETS_MAX {
            return Err(Fault::Href("too long"));
        }
        let rest = path
            .strip_prefix('/')
            .ok_or(Fault::Href("does not begin with `/`"))?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.is_empty() {
            return Err(Fault::Outside);
        }
        let mut segments = Vec::new();
        for segment in rest.split('/') {
            if segments.len() >= FOLDER_DEPTH_MAX.saturating_add(SEGMENTS_BEFORE_FOLDERS) {
                return Err(Fault::Outside);
            }
            segments.push(named(&decode(segment)?)?);
        }
        let words: Vec<&str> = segments.iter().map(PathSegment::as_str).collect();
        match words.as_slice() {
            [".well-known", "caldav"] => Ok(Self::WellKnownCaldav),
            [".well-known", "carddav"] => Ok(Self::WellKnownCarddav),
            ["dav"] => Ok(Self::Root),
            ["dav", "principals", rest @ ..] => principals(rest),
            ["dav", "calendars", rest @ ..] => calendars(rest),
            ["dav", "addressbooks", rest @ ..] => address_books(rest),
            ["dav", "attachments", address, id, name] => {
                let address = Address::try_from(*address)?;
                Ok(Self::Attachment(address, named(id)?, named(name)?))
            }
            ["dav", "files"] => Ok(Self::FolderHomes),
            ["dav", "files", address, ..] => {
                let address = Address::try_from(*address)?;
                Ok(Self::Folder(
                    address,
                    segments.split_off(SEGMENTS_BEFORE_FOLDERS),
                ))
            }
            _ => Err(Fault::Outside),
        }
    }

    /// The path, percent-encoded: collections end in a slash, objects and whatever is in a folder do not.
    #[must_use]
    pub fn href(&self) -> String {
        let mut path = String::with_capacity(64);
        self.write(&mut path);
        path
    }

    /// The path of a folder, with a slash at its end; for everything else the same as [`Self::href`].
    #[must_use]
    pub fn folder_href(&self) -> String {
        let mut path = self.href();
        if matches!(self, Self::Folder(..)) && !path.ends_with('/') {
            path.push('/');
        }
        path
    }

    /// Appends [`Self::href`].
    pub fn write(&self, path: &mut String) {
        path.push_str(self.room());
        if let Some(address) = self.address() {
            encode(path, address.as_str());
            path.push('/');
            self.write_below(path);
        }
    }

    /// What stands before the address; the whole path where there is none.
    fn room(&self) -> &'static str {
        match self {
            Self::Root => "/dav/",
            Self::WellKnownCaldav => "/.well-known/caldav",
            Self::WellKnownCarddav => "/.well-known/carddav",
            Self::Principals | Self::Principal(_) | Self::ProxyRead(_) | Self::ProxyWrite(_) => {
                "/dav/principals/"
            }
            Self::CalendarHomes
            | Self::CalendarHome(_)
            | Self::Inbox(_)
            | Self::InboxObject(..)
            | Self::Outbox(_)
            | Self::Notifications(_)
            | Self::Notification(..)
            | Self::Calendar(..)
            | Self::CalendarObject(..) => "/dav/calendars/",
            Self::Attachment(..) => "/dav/attachments/",
            Self::AddressBookHomes
            | Self::AddressBookHome(_)
            | Self::Directory(_)
            | Self::DirectoryCard(..)
            | Self::AddressBook(..)
            | Self::ContactCard(..) => "/dav/addressbooks/",
            Self::FolderHomes | Self::Folder(..) => "/dav/files/",
        }
    }

    /// Appends what stands after the address.
    fn write_below(&self, path: &mut String) {
        match self {
            Self::ProxyRead(_) => collection(path, PROXY_READ),
            Self::ProxyWrite(_) => collection(path, PROXY_WRITE),
            Self::Inbox(_) => collection(path, INBOX),
            Self::Outbox(_) => collection(path, OUTBOX),
            Self::Notifications(_) => collection(path, NOTIFICATIONS),
            Self::Directory(_) => collection(path, DIRECTORY),
            Self::Calendar(_, name) | Self::AddressBook(_, name) => {
                collection(path, name.as_str());
            }
            Self::InboxObject(_, object) => member(path, INBOX, object),
            Self::Notification(_, object) => member(path, NOTIFICATIONS, object),
            Self::DirectoryCard(_, object) => member(path, DIRECTORY, object),
            Self::CalendarObject(_, name, object)
            | Self::ContactCard(_, name, object)
            | Self::Attachment(_, name, object) => member(path, name.as_str(), object),
            Self::Folder(_, segments) => {
                for (number, segment) in segments.iter().enumerate() {
                    if number > 0 {
                        path.push('/');
                    }
                    encode(path, segment.as_str());
                }
            }
            Self::Root
            | Self::WellKnownCaldav
            | Self::WellKnownCarddav
            | Self::Principals
            | Self::CalendarHomes
            | Self::AddressBookHomes
            | Self::FolderHomes
            | Self::Principal(_)
            | Self::CalendarHome(_)
            | Self::AddressBookHome(_) => {}
        }
    }

    /// Whose place it is.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::Root
            | Self::WellKnownCaldav
            | Self::WellKnownCarddav
            | Self::Principals
            | Self::CalendarHomes
            | Self::AddressBookHomes
            | Self::FolderHomes => None,
            Self::Principal(address)
            | Self::ProxyRead(address)
            | Self::ProxyWrite(address)
            | Self::CalendarHome(address)
            | Self::Inbox(address)
            | Self::InboxObject(address, _)
            | Self::Outbox(address)
            | Self::Notifications(address)
            | Self::Notification(address, _)
            | Self::Calendar(address, _)
            | Self::CalendarObject(address, ..)
            | Self::Attachment(address, ..)
            | Self::AddressBookHome(address)
            | Self::Directory(address)
            | Self::DirectoryCard(address, _)
            | Self::AddressBook(address, _)
            | Self::ContactCard(address, ..)
            | Self::Folder(address, _) => Some(address),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.href())
    }
}

fn collection(path: &mut String, name: &str) {
    encode(path, name);
    path.push('/');
}

fn member(path: &mut String, name: &str, object: &PathSegment) {
    collection(path, name);
    encode(path, object.as_str());
}

fn named(text: &str) -> Result<PathSegment, Fault> {
    PathSegment::try_from(text).map_err(|error| match error {
        model::SegmentError::Length => Fault::Href("a segment that is empty or too long"),
        model::SegmentError::Character => Fault::Href("a control character or an encoded slash"),
        model::SegmentError::Dots => Fault::Href("a segment of dots"),
    })
}

fn principals(rest: &[&str]) -> Result<Target, Fault> {
    match rest {
        [] => Ok(Target::Principals),
        [address] => Ok(Target::Principal((*address).try_into()?)),
        [address, "calendar-proxy-read"] => Ok(Target::ProxyRead((*address).try_into()?)),
        [address, "calendar-proxy-write"] => Ok(Target::ProxyWrite((*address).try_into()?)),
        _ => Err(Fault::Outside),
    }
}

fn calendars(rest: &[&str]) -> Result<Target, Fault> {
    let Some((address, below)) = rest.split_first() else {
        return Ok(Target::CalendarHomes);
    };
    let address = Address::try_from(*address)?;
    match *below {
        [] => Ok(Target::CalendarHome(address)),
        [INBOX] => Ok(Target::Inbox(address)),
        [INBOX, object] => Ok(Target::InboxObject(address, named(object)?)),
        [OUTBOX] => Ok(Target::Outbox(address)),
        [OUTBOX, _] => Err(Fault::Outside),
        [NOTIFICATIONS] => Ok(Target::Notifications(address)),
        [NOTIFICATIONS, object] => Ok(Target::Notification(address, named(object)?)),
        [name] => Ok(Target::Calendar(address, named(name)?)),
        [name, object] => Ok(Target::CalendarObject(
            address,
            named(name)?,
            named(object)?,
        )),
        _ => Err(Fault::Outside),
    }
}

fn address_books(rest: &[&str]) -> Result<Target, Fault> {
    let Some((address, below)) = rest.split_first() else {
        return Ok(Target::AddressBookHomes);
    };
    let address = Address::try_from(*address)?;
    match *below {
        [] => Ok(Target::AddressBookHome(address)),
        [DIRECTORY] => Ok(Target::Directory(address)),
        [DIRECTORY, object] => Ok(Target::DirectoryCard(address, named(object)?)),
        [name] => Ok(Target::AddressBook(address, named(name)?)),
        [name, object] => Ok(Target::ContactCard(address, named(name)?, named(object)?)),
        _ => Err(Fault::Outside),
    }
}
