//! POST with XML: sharing a collection and answering an invitation to one, in the three forms that clients speak.

use crate::codec::fault::Fault;
use crate::codec::namespace::Namespace;
use crate::codec::xml::{BodyLimits, Element};

/// People in one request.
const SHAREES_MAX: usize = 1_024;

/// What a POST asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Post {
    /// `CS:share` (caldav-sharing 5.3), the same of ownCloud's and Nextcloud's namespace, and `D:share-resource`
    /// (draft-pot-webdav-resource-sharing-04 5.2): whom to share the collection at this place with.
    Share(Vec<ShareChange>),
    /// `CS:invite-reply` (caldav-sharing 5.4), sent to the home of the one who was invited.
    InviteReply(InviteReply),
}

/// One person's share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareChange {
    /// Who: a `mailto:` URI, a principal's path, or `principal:` and a path (Nextcloud).
    pub href: String,
    /// What they may do from now on.
    pub access: ShareAccess,
    /// The name the sharer gives them.
    pub name: Option<String>,
    /// What the sharer says about it.
    pub summary: Option<String>,
}

/// What somebody may do with a shared collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShareAccess {
    /// Nothing: the share ends.
    None,
    /// Read.
    Read,
    /// Read and write.
    ReadWrite,
}

/// The answer to an invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InviteReply {
    /// Whether it is accepted.
    pub accepted: bool,
    /// Who answers.
    pub href: Option<String>,
    /// The path of the collection that is shared.
    pub host_url: String,
    /// The id of the invitation.
    pub in_reply_to: Option<String>,
    /// How the one who was invited wants to call it.
    pub summary: Option<String>,
}

impl Post {
    /// Reads a body.
    ///
    /// # Errors
    /// [`Fault`] if it is none of these.
    pub fn parse(body: &[u8]) -> Result<Self, Fault> {
        let root = Element::parse(body, BodyLimits::ORDINARY)?;
        match (&root.namespace, root.local()) {
            (Namespace::CalendarServer | Namespace::OwnCloud | Namespace::NextCloud, "share") => {
                shares(&root, calendar_server_share)
            }
            (Namespace::Dav, "share-resource") => shares(&root, dav_share),
            (Namespace::CalendarServer, "invite-reply") => invite_reply(&root),
            _ => Err(Fault::Expected(
                "`CS:share`, `CS:invite-reply` or `D:share-resource`",
            )),
        }
    }
}

fn shares(
    root: &Element,
    read: fn(&Element) -> Result<Option<ShareChange>, Fault>,
) -> Result<Post, Fault> {
    let mut changes = Vec::new();
    for element in root.elements() {
        changes.extend(read(element)?);
        if changes.len() > SHAREES_MAX {
            return Err(Fault::TooMany {
                what: "people to share with",
                limit: SHAREES_MAX,
            });
        }
    }
    if changes.is_empty() {
        return Err(Fault::Expected("somebody to share with"));
    }
    Ok(Post::Share(changes))
}

/// The first element of that name within, whatever its namespace: Nextcloud says `oc:read-write`, Apple `CS:read-write`.
fn any<'e>(parent: &'e Element, local: &str) -> Option<&'e Element> {
    parent.elements().find(|element| element.local() == local)
}

fn some_text(parent: &Element, local: &str) -> Option<String> {
    any(parent, local)
        .map(Element::word)
        .filter(|text| !text.is_empty())
}

fn some_href(parent: &Element) -> Result<String, Fault> {
    let href = parent.dav("href").map(Element::word);
    href.filter(|href| !href.is_empty())
        .ok_or(Fault::Expected("`D:href`"))
}

fn calendar_server_share(element: &Element) -> Result<Option<ShareChange>, Fault> {
    let access = match element.local() {
        "set" if any(element, "read-write").is_some() => ShareAccess::ReadWrite,
        "set" => ShareAccess::Read,
        "remove" => ShareAccess::None,
        _ => return Ok(None),
    };
    Ok(Some(ShareChange {
        href: some_href(element)?,
        access,
        name: some_text(element, "common-name"),
        summary: some_text(element, "summary"),
    }))
}

fn dav_share(element: &Element) -> Result<Option<ShareChange>, Fault> {
    if !element.is_dav("sharee") {
        return Ok(None);
    }
    let access = element
        .dav("share-access")
        .ok_or(Fault::Expected("`D:share-access`"))?;
    let access = match access.elements().next().map(Element::local) {
        Some("read") => ShareAccess::Read,
        Some("read-write") => ShareAccess::ReadWrite,
        Some("no-access") => ShareAccess::None,
        _ => return Err(Fault::Expected("`D:read`, `D:read-write` or `D:no-access`")),
    };
    Ok(Some(ShareChange {
        href: some_href(element)?,
        access,
        name: element
            .dav("prop")
            .and_then(|prop| some_text(prop, "displayname")),
        summary: some_text(element, "comment"),
    }))
}

fn invite_reply(root: &Element) -> Result<Post, Fault> {
    let space = &Namespace::CalendarServer;
    let accepted = match (
        root.child(space, "invite-accepted"),
        root.child(space, "invite-declined"),
    ) {
        (Some(_), None) => true,
        (None, Some(_)) => false,
        _ => {
            return Err(Fault::Expected(
                "`CS:invite-accepted` or `CS:invite-declined`",
            ));
        }
    };
    let host = root
        .child(space, "hosturl")
        .ok_or(Fault::Expected("`CS:hosturl`"))?;
    Ok(Post::InviteReply(InviteReply {
        accepted,
        href: root.dav("href").map(Element::word),
        host_url: some_href(host)?,
        in_reply_to: some_text(root, "in-reply-to"),
        summary: some_text(root, "summary"),
    }))
}
