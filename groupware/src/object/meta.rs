//! What was read from an object's body, as it is kept beside it.

use model::CollectionKind;

/// The version that stands before the encoded summary; another one is read from the body again.
const FORMAT: u8 = 1;

/// What listing, searching and scheduling need of an object without its body.
#[derive(Clone, Debug)]
pub enum Summary {
    /// Of a calendar object.
    Calendar(Box<icalendar::Summary>),
    /// Of a contact card.
    Contact(Box<vcard::Summary>),
    /// Nothing: of a file, or of an object whose body must be looked at.
    Unknown,
}

impl Summary {
    /// Of a calendar object.
    #[must_use]
    pub fn calendar(&self) -> Option<&icalendar::Summary> {
        match self {
            Self::Calendar(summary) => Some(summary),
            _ => None,
        }
    }

    /// Of a contact card.
    #[must_use]
    pub fn contact(&self) -> Option<&vcard::Summary> {
        match self {
            Self::Contact(summary) => Some(summary),
            _ => None,
        }
    }
}

/// The summary as the store keeps it.
pub(crate) fn encode_meta<T: serde::Serialize>(summary: &T) -> Vec<u8> {
    // A summary is bounded and made of plain data; what cannot be encoded is read from the body instead.
    postcard::to_extend(summary, vec![FORMAT]).unwrap_or_default()
}

/// The summary of an object in a collection of this kind.
pub(crate) fn decode_meta(kind: CollectionKind, meta: &[u8]) -> Summary {
    let Some((&FORMAT, encoded)) = meta.split_first() else {
        return Summary::Unknown;
    };
    match kind {
        CollectionKind::Calendar | CollectionKind::ScheduleInbox => postcard::from_bytes(encoded)
            .map_or(Summary::Unknown, |summary| {
                Summary::Calendar(Box::new(summary))
            }),
        CollectionKind::AddressBook => postcard::from_bytes(encoded)
            .map_or(Summary::Unknown, |summary| {
                Summary::Contact(Box::new(summary))
            }),
        CollectionKind::Folder | CollectionKind::Scripts | CollectionKind::Records => {
            Summary::Unknown
        }
    }
}
