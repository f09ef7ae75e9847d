//! With whom a collection is shared: `CS:invite`, `D:invite` and the sharing modes.

use super::writer::XmlWriter;
use crate::codec::namespace::Tag;
use crate::codec::request::ShareAccess;

/// What became of an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InviteState {
    /// Nothing yet.
    NoResponse,
    /// Accepted.
    Accepted,
    /// Declined.
    Declined,
    /// The address leads to nobody.
    Invalid,
}

/// Somebody with whom a collection is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sharee<'a> {
    /// `mailto:` URI or principal path.
    pub href: &'a str,
    /// The principal's path, percent-encoded.
    pub principal: Option<&'a str>,
    /// The name people read.
    pub name: Option<&'a str>,
    /// What it may do.
    pub access: ShareAccess,
    /// What became of the invitation.
    pub state: InviteState,
}

impl XmlWriter {
    /// The value of `CS:invite` (caldav-sharing 5.2.2), with the organizer's path and name.
    pub fn calendar_server_invite(&mut self, organizer: (&str, &str), sharees: &[Sharee<'_>]) {
        let tag = Tag::calendar_server("organizer");
        self.open(&tag);
        self.href(organizer.0);
        self.leaf(&Tag::calendar_server("common-name"), organizer.1);
        self.close(&tag);
        let user = Tag::calendar_server("user");
        for sharee in sharees {
            self.open(&user);
            self.href(sharee.href);
            if let Some(name) = sharee.name {
                self.leaf(&Tag::calendar_server("common-name"), name);
            }
            self.open(&Tag::calendar_server("access"));
            self.empty(&Tag::calendar_server(match sharee.access {
                ShareAccess::ReadWrite => "read-write",
                ShareAccess::Read | ShareAccess::None => "read",
            }));
            self.close(&Tag::calendar_server("access"));
            self.empty(&Tag::calendar_server(match sharee.state {
                InviteState::NoResponse => "invite-noresponse",
                InviteState::Accepted => "invite-accepted",
                InviteState::Declined => "invite-declined",
                InviteState::Invalid => "invite-invalid",
            }));
            self.close(&user);
        }
    }

    /// The value of `D:invite` (draft-pot-webdav-resource-sharing-04 4.3).
    pub fn dav_invite(&mut self, sharees: &[Sharee<'_>]) {
        let tag = Tag::dav("sharee");
        for sharee in sharees {
            self.open(&tag);
            self.href(sharee.href);
            if let Some(principal) = sharee.principal {
                self.open(&Tag::dav("principal"));
                self.href(principal);
                self.close(&Tag::dav("principal"));
            }
            if let Some(name) = sharee.name {
                self.open(&Tag::dav("prop"));
                self.leaf(&Tag::dav("displayname"), name);
                self.close(&Tag::dav("prop"));
            }
            self.open(&Tag::dav("share-access"));
            self.share_access(sharee.access);
            self.close(&Tag::dav("share-access"));
            self.empty(&Tag::dav(match sharee.state {
                InviteState::NoResponse => "invite-noresponse",
                InviteState::Accepted => "invite-accepted",
                InviteState::Declined => "invite-declined",
                InviteState::Invalid => "invite-invalid",
            }));
            self.close(&tag);
        }
    }

    /// The value of `D:share-access` for somebody with whom the collection is shared.
    pub fn share_access(&mut self, access: ShareAccess) {
        self.empty(&Tag::dav(match access {
            ShareAccess::Read => "read",
            ShareAccess::ReadWrite => "read-write",
            ShareAccess::None => "no-access",
        }));
    }

    /// The value of `CS:allowed-sharing-modes` (caldav-sharing 5.2.3): it can be shared, not published.
    pub fn sharing_modes(&mut self) {
        self.empty(&Tag::calendar_server("can-be-shared"));
    }
}
