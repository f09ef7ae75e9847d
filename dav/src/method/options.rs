//! `OPTIONS` (RFC 9110 9.3.7, RFC 4918 9.1, 10.1): what can be done at a place.

use axum::http::header::{ALLOW, HeaderName};

use crate::allow::allow;
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::Status;
use crate::codec::href::Target;

/// RFC 4918 18, RFC 3744 7.2, RFC 4791 5.1, RFC 6352 6.1, RFC 6638 2, RFC 7809 3.1.1, RFC 8607 3.1, RFC 5689 3.1; the others are Apple's.
const EVERYWHERE: &str = "1, 2, 3, access-control, extended-mkcol";
const CALENDARS: &str = "calendar-access, calendar-auto-schedule, calendar-availability, calendar-managed-attachments, \
                         calendar-no-timezone, calendarserver-sharing, calendar-proxy, calendarserver-principal-search, \
                         resource-sharing";
const CONTACTS: &str = "addressbook, calendarserver-principal-search, resource-sharing";

pub(super) fn run(asked: &Asked) -> Answer {
    without_signing_in(&asked.head.place)
}

/// What is said of a place to everybody: clients ask before they know that they must sign in.
pub(crate) fn without_signing_in(place: &Target) -> Answer {
    let answer = answer::empty(Status::OK);
    let answer = answer::with(answer, ALLOW, &allow(place, None));
    let answer = answer::with(answer, HeaderName::from_static("dav"), &classes(place));
    // Microsoft's clients look for this before they believe that a server speaks WebDAV.
    answer::with(answer, HeaderName::from_static("ms-author-via"), "DAV")
}

fn classes(place: &Target) -> String {
    match place {
        Target::AddressBookHomes
        | Target::AddressBookHome(_)
        | Target::AddressBook(..)
        | Target::ContactCard(..)
        | Target::Directory(_)
        | Target::DirectoryCard(..) => format!("{EVERYWHERE}, {CONTACTS}"),
        Target::FolderHomes | Target::Folder(..) => EVERYWHERE.to_owned(),
        // RFC 6764 6: a client asks the root and the principal whether it found the right service.
        Target::Root
        | Target::WellKnownCaldav
        | Target::WellKnownCarddav
        | Target::Principals
        | Target::Principal(_)
        | Target::ProxyRead(_)
        | Target::ProxyWrite(_) => format!("{EVERYWHERE}, {CALENDARS}, addressbook"),
        _ => format!("{EVERYWHERE}, {CALENDARS}"),
    }
}
