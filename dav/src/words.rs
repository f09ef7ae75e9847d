//! The words of the wire and those of the model: the only place that knows both.
//!
//! | wire | model |
//! |---|---|
//! | `getetag` | the number of the body ([`BlobId`]): a change of rights or dead properties does not break `If-Match` |
//! | `sync-token`, `getctag` | collection and [`Seq`] of the last change in it, see [`SyncToken`] |
//! | `Schedule-Tag` | [`Seq`] of the commit that changed what others were told |
//! | privileges (RFC 3744 3, RFC 4791 6.1) | [`CollectionRights`] |
//! | `<name>_shared_by_<owner>` in the home of whoever it is shared with | the owner's collection of that name |
//!
//! The last is how Nextcloud names shared calendars. Clients list the members of the home and take only what lies below
//! it: DAVx5 passes over every other link, Apple's and Evolution's programs ask only there. So a shared collection has
//! a place of its own there, besides the one below its owner's home, which keeps working, and which is the one that a
//! deputy finds through `calendar-proxy-write-for`.

use model::{AccountId, BlobId, CollectionId, CollectionRights, ObjectId, Seq};

use crate::codec::header::{ETag, VcardVersion};
use crate::codec::request::ShareAccess;
use crate::codec::response::Privilege;

/// What stands between name and owner of a collection that is shared with somebody.
const SHARED_BY: &str = "_shared_by_";

/// The segment under which a shared collection lies in the home of whoever it is shared with.
pub(crate) fn shared_segment(name: &str, owner: &str) -> String {
    format!("{name}{SHARED_BY}{owner}")
}

/// Name and owner of a shared collection from its segment.
pub(crate) fn shared_name(segment: &str) -> Option<(&str, &str)> {
    segment
        .rsplit_once(SHARED_BY)
        .filter(|(name, owner)| !name.is_empty() && owner.contains('@'))
}

/// Octets of a body's number that stand in its tag: 128 bits tell any two bodies apart, and clients with small buffers
/// for conditions exist (litmus is one).
const ETAG_OCTETS: usize = 16;

/// The strong tag of a body.
pub(crate) fn etag(blob: BlobId) -> ETag {
    let mut tag = String::with_capacity(ETAG_OCTETS * 2);
    for octet in blob.0.iter().take(ETAG_OCTETS) {
        for digit in [octet >> 4, octet & 0x0f] {
            tag.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    ETag {
        weak: false,
        tag: tag.into(),
    }
}

/// The strong tag of a contact card that is shown in another version than it is stored in.
pub(crate) fn etag_in_version(blob: BlobId, version: VcardVersion) -> ETag {
    let suffix = match version {
        VcardVersion::V3 => "v3",
        VcardVersion::V4 => "v4",
    };
    ETag {
        weak: false,
        tag: format!("{}-{suffix}", etag(blob).tag).into(),
    }
}

/// Whether a tag names this body, in whatever version it was shown.
pub(crate) fn names(tag: &ETag, blob: BlobId) -> bool {
    let plain = tag.tag.strip_suffix("-v3").or(tag.tag.strip_suffix("-v4"));
    !tag.weak && plain.unwrap_or(&tag.tag) == &*etag(blob).tag
}

/// RFC 6638 3.2.10: the tag of what others were told.
pub(crate) fn schedule_tag(seq: Seq) -> ETag {
    ETag {
        weak: false,
        tag: format!("s{seq}").into(),
    }
}

/// What a schedule tag stands for; none for one that is not ours.
pub(crate) fn schedule_seq(tag: &ETag) -> Option<Seq> {
    tag.tag.strip_prefix('s')?.parse().ok().map(Seq)
}

/// RFC 6578 3.2: up to where a client knows a collection.
///
/// `data:,` (RFC 2397) is a URI that names itself and leads nowhere; some clients insist on a URI. Where an answer was
/// cut within one commit that changed many objects, the token says after which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SyncToken {
    pub(crate) account: AccountId,
    pub(crate) collection: CollectionId,
    /// Everything up to this commit is known.
    pub(crate) seq: Seq,
    /// And of this later commit the objects up to this one.
    pub(crate) within: Option<(Seq, ObjectId)>,
}

impl SyncToken {
    /// How it is written.
    pub(crate) fn to_uri(self) -> String {
        let Self {
            account,
            collection,
            seq,
            within,
        } = self;
        match within {
            None => format!("data:,{account}-{collection}-{seq}"),
            Some((commit, object)) => {
                format!("data:,{account}-{collection}-{seq}-{commit}-{object}")
            }
        }
    }

    /// Reads a token; none for one that is not ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.strip_prefix("data:,")?.split('-');
        let account = AccountId(parts.next()?.parse().ok()?);
        let collection = CollectionId(parts.next()?.parse().ok()?);
        let seq = Seq(parts.next()?.parse().ok()?);
        let within = match (parts.next(), parts.next()) {
            (None, _) => None,
            (Some(commit), Some(object)) => {
                Some((Seq(commit.parse().ok()?), ObjectId(object.parse().ok()?)))
            }
            (Some(_), None) => return None,
        };
        parts.next().is_none().then_some(Self {
            account,
            collection,
            seq,
            within,
        })
    }
}

/// RFC 3744 5.4: the privileges that rights come to.
///
/// `write` contains `write-properties`, so only whoever may change properties has it.
pub(crate) fn privileges(rights: CollectionRights) -> Vec<Privilege> {
    let mut privileges = Vec::with_capacity(14);
    if rights.contains(CollectionRights::ALL) {
        privileges.push(Privilege::All);
    }
    if rights.contains(CollectionRights::FREE_BUSY) {
        privileges.push(Privilege::ReadFreeBusy);
    }
    if rights.contains(CollectionRights::READ) {
        privileges.extend([Privilege::Read, Privilege::ReadCurrentUserPrivilegeSet]);
    }
    let (write, share) = (CollectionRights::WRITE, CollectionRights::SHARE);
    if rights.contains(write.with(share)) {
        privileges.push(Privilege::Write);
    }
    if rights.contains(write) {
        privileges.extend([Privilege::WriteContent, Privilege::Bind, Privilege::Unbind]);
    }
    if rights.contains(share) {
        privileges.extend([
            Privilege::WriteProperties,
            Privilege::ReadAcl,
            Privilege::WriteAcl,
            Privilege::Unlock,
            Privilege::Share,
        ]);
    }
    privileges
}

/// The rights that privileges come to; none for a privilege that cannot be given.
pub(crate) fn rights(privileges: &[Privilege]) -> Option<CollectionRights> {
    let mut rights = CollectionRights::NONE;
    for privilege in privileges {
        rights = rights.with(match privilege {
            Privilege::All => CollectionRights::ALL,
            Privilege::Read | Privilege::ReadCurrentUserPrivilegeSet => CollectionRights::READER,
            Privilege::Write => CollectionRights::WRITER.with(CollectionRights::SHARE),
            Privilege::WriteContent | Privilege::Bind | Privilege::Unbind => {
                CollectionRights::WRITER
            }
            Privilege::WriteProperties
            | Privilege::ReadAcl
            | Privilege::WriteAcl
            | Privilege::Unlock
            | Privilege::Share => CollectionRights::READER.with(CollectionRights::SHARE),
            Privilege::ReadFreeBusy => CollectionRights::FREE_BUSY,
            Privilege::ScheduleDeliver
            | Privilege::ScheduleDeliverInvite
            | Privilege::ScheduleDeliverReply
            | Privilege::ScheduleQueryFreeBusy
            | Privilege::ScheduleSend
            | Privilege::ScheduleSendInvite
            | Privilege::ScheduleSendReply
            | Privilege::ScheduleSendFreeBusy => return None,
        });
    }
    Some(rights)
}

/// What somebody may do with a shared collection, in the words of sharing.
pub(crate) fn share_access(rights: CollectionRights) -> ShareAccess {
    if rights.contains(CollectionRights::WRITE) {
        ShareAccess::ReadWrite
    } else if rights.contains(CollectionRights::READ) {
        ShareAccess::Read
    } else {
        ShareAccess::None
    }
}

/// The rights that sharing gives.
pub(crate) fn shared_rights(access: ShareAccess) -> CollectionRights {
    match access {
        ShareAccess::None => CollectionRights::NONE,
        ShareAccess::Read => CollectionRights::READER,
        ShareAccess::ReadWrite => CollectionRights::WRITER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_tokens_come_back() {
        let blob = BlobId::of(b"x");
        assert!(names(&etag(blob), blob));
        assert!(names(&etag_in_version(blob, VcardVersion::V4), blob));
        assert!(!names(&etag(blob), BlobId::of(b"y")));
        assert_eq!(schedule_seq(&schedule_tag(Seq(7))), Some(Seq(7)));
        for within in [None, Some((Seq(12), ObjectId(5)))] {
            let token = SyncToken {
                account: AccountId(3),
                collection: CollectionId(4),
                seq: Seq(9),
                within,
            };
            assert_eq!(SyncToken::parse(&token.to_uri()), Some(token));
        }
        for wrong in [
            "",
            "data:,1-2",
            "data:,1-2-3-4",
            "data:,1-2-3-4-5-6",
            "data:,1-2-x",
            "1-2-3",
        ] {
            assert_eq!(SyncToken::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn shared_collections_have_names_of_their_own() {
        let segment = shared_segment("team_shared_by_all", "anna@example.org");
        assert_eq!(
            shared_name(&segment),
            Some(("team_shared_by_all", "anna@example.org"))
        );
        assert_eq!(shared_name("team_shared_by_all"), None);
    }

    #[test]
    fn rights_are_privileges_and_back() {
        for rights_in in [
            CollectionRights::FREE_BUSY,
            CollectionRights::READER,
            CollectionRights::WRITER,
            CollectionRights::ALL,
        ] {
            assert_eq!(rights(&privileges(rights_in)), Some(rights_in));
        }
        assert_eq!(rights(&[Privilege::ScheduleSend]), None);
    }
}
