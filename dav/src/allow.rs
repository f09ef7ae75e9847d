//! Which methods can be asked for where (RFC 9110 10.2.1).

use crate::codec::href::Target;
use crate::session::Method;

/// The methods that can be asked for at a place, whether something is there or not (RFC 9110 10.2.1).
pub(crate) fn allowed(place: &Target) -> Vec<Method> {
    use Method::{
        Acl, Copy, Delete, Get, Head, Lock, Mkcalendar, Mkcol, Move, Options, Post, Propfind,
        Proppatch, Put, Report, Unlock,
    };
    let mut methods = vec![Options, Get, Head, Propfind, Report];
    methods.extend(match place {
        Target::Root
        | Target::WellKnownCaldav
        | Target::WellKnownCarddav
        | Target::Principals
        | Target::CalendarHomes
        | Target::AddressBookHomes
        | Target::FolderHomes
        | Target::Notification(..)
        | Target::Attachment(..)
        | Target::Directory(_)
        | Target::DirectoryCard(..) => Vec::new(),
        Target::Principal(_)
        | Target::ProxyRead(_)
        | Target::ProxyWrite(_)
        | Target::Notifications(_) => vec![Proppatch],
        Target::CalendarHome(_) => vec![Proppatch, Post],
        Target::AddressBookHome(_) => vec![Proppatch],
        Target::Outbox(_) => vec![Post],
        Target::Inbox(_) => vec![Proppatch],
        Target::InboxObject(..) => vec![Delete],
        Target::Calendar(..) => vec![
            Mkcol, Mkcalendar, Proppatch, Delete, Move, Post, Acl, Lock, Unlock,
        ],
        Target::AddressBook(..) => {
            vec![Mkcol, Proppatch, Delete, Move, Post, Acl, Lock, Unlock]
        }
        Target::CalendarObject(..) => vec![Put, Post, Proppatch, Delete, Copy, Move, Lock, Unlock],
        Target::ContactCard(..) => {
            vec![Put, Proppatch, Delete, Copy, Move, Lock, Unlock]
        }
        Target::Folder(_, segments) if segments.is_empty() => {
            vec![Proppatch, Lock, Unlock, Acl]
        }
        Target::Folder(..) => vec![
            Put, Mkcol, Proppatch, Delete, Copy, Move, Lock, Unlock, Acl, Post,
        ],
    });
    methods
}

/// The value of `Allow`, without the method that just turned out to be impossible.
pub(crate) fn allow(place: &Target, refused: Option<Method>) -> String {
    let methods = allowed(place);
    let words: Vec<&str> = methods
        .into_iter()
        .filter(|method| Some(*method) != refused)
        .map(Method::as_str)
        .collect();
    words.join(", ")
}
