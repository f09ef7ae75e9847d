//! Pictures and sounds inside of cards: as blobs on the wire, as `data:` URIs (RFC 2397) in the card.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use groupware::Object as Kept;
use serde_json::Value;
use vcard::ContactCard;

use crate::blob::medium_id;
use crate::codec::json::Object;

/// What stood in the card where a blob stands on the wire, by the blob's id.
pub(crate) type Inside = BTreeMap<String, Medium>;

/// A picture or sound inside of a card.
#[derive(Clone, Debug)]
pub(crate) struct Medium {
    uri: Value,
    /// The media type that was put beside it, as the card has it in the URI only.
    media_type: Option<String>,
}

/// Puts blobs in the place of `data:` URIs.
// RFC 9610 3: bytes inside of a card are told as a blob, and the `uri` is left out.
pub(crate) fn as_blobs(kept: &Kept, object: &mut Object) -> Inside {
    let mut inside = Inside::new();
    let Some(Value::Object(media)) = object.get_mut("media") else {
        return inside;
    };
    let media = media.values_mut().filter_map(Value::as_object_mut);
    for (number, medium) in media.filter(|medium| data_of(medium).is_some()).enumerate() {
        let media_type = data_of(medium).map(|(kind, _)| kind.to_owned());
        let media_type =
            media_type.filter(|kind| !kind.is_empty() && !medium.contains_key("mediaType"));
        let Some(uri) = medium.remove("uri") else {
            continue;
        };
        let id = medium_id(kept, number);
        medium.insert("blobId".into(), id.as_str().into());
        if let Some(kind) = &media_type {
            medium.insert("mediaType".into(), kind.as_str().into());
        }
        inside.insert(id, Medium { uri, media_type });
    }
    inside
}

/// Puts back what stood in the card, where the blob is still the same.
pub(crate) fn from_blobs(inside: &Inside, object: &mut Object) {
    let Some(Value::Object(media)) = object.get_mut("media") else {
        return;
    };
    for medium in media.values_mut().filter_map(Value::as_object_mut) {
        let known = medium.get("blobId").and_then(Value::as_str);
        let Some(known) = known.and_then(|id| inside.get(id)) else {
            continue;
        };
        medium.remove("blobId");
        medium.insert("uri".into(), known.uri.clone());
        let said = medium.get("mediaType").and_then(Value::as_str);
        if known.media_type.is_some() && said == known.media_type.as_deref() {
            medium.remove("mediaType");
        }
    }
}

/// The bytes of the picture or sound of that number in a card.
pub(crate) fn octets(card: &[u8], number: usize) -> Option<Vec<u8>> {
    let card = ContactCard::read(card).ok()?.to_jscontact();
    let media = card.get("media")?.as_object()?;
    let media = media.values().filter_map(Value::as_object);
    let mut inside = media.filter_map(data_of);
    let (_, data) = inside.nth(number)?;
    let plain: String = data.chars().filter(|c| !c.is_whitespace()).collect();
    STANDARD.decode(plain).ok()
}

/// Media type and base64 of a `data:` URI; none of one that is not in base64.
fn data_of(medium: &Object) -> Option<(&str, &str)> {
    let uri = medium.get("uri")?.as_str()?;
    let (head, data) = uri.strip_prefix("data:")?.split_once(',')?;
    let kind = head.strip_suffix(";base64")?;
    Some((kind, data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_found_by_number() {
        let card = b"BEGIN:VCARD\r\nVERSION:4.0\r\nFN:x\r\nPHOTO;PROP-ID=b:data:image/png;base64,AAEC\r\n\
            PHOTO;PROP-ID=a:https://x.org/p\r\nLOGO;PROP-ID=c:data:image/gif;base64,/w==\r\nEND:VCARD\r\n";
        assert_eq!(octets(card, 0), Some(vec![0, 1, 2]));
        assert_eq!(octets(card, 1), Some(vec![255]));
        assert_eq!(octets(card, 2), None);
    }
}
