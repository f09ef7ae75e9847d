//! Pictures, sounds and keys: 3.0 has base64 in the value, 4.0 a `data:` URI (RFC 2426 2.4.1, RFC 6350 6.2.4, RFC 2397).

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use crate::convert::{is_uri, with_types, without};
use crate::property::{Param, Property};
use crate::text;

/// Such a property of 3.0 as 4.0 says it.
pub(super) fn to_four(mut property: Property) -> Property {
    let base64 = ["b", "base64"];
    let binary = property
        .param("ENCODING")
        .any(|encoding| base64.iter().any(|one| one.eq_ignore_ascii_case(encoding)));
    let format = property
        .types()
        .find(|kind| is_format(kind))
        .map(str::to_owned);
    let media_type = format
        .as_deref()
        .map(|format| media_type(&property.name, format));
    with_types(&mut property, |kind| !is_format(kind), None);
    without(&mut property, &["ENCODING", "VALUE"]);
    if binary {
        let data: String = property
            .value
            .chars()
            .filter(|c| !c.is_ascii_whitespace())
            .collect();
        let media_type = media_type.unwrap_or_else(|| guess(&data).to_owned());
        property.value = format!("data:{media_type};base64,{data}");
        return property;
    }
    property.value = plain_uri(&property.value).into_owned();
    if !is_uri(&property.value) && !property.is_blank() {
        // RFC 6350 6.8.1: a key may be text.
        return property.with("VALUE", "text");
    }
    match media_type {
        Some(media_type) if !property.value.starts_with("data:") => {
            property.with("MEDIATYPE", &media_type)
        }
        _ => property,
    }
}

/// Such a property of 4.0 as 3.0 says it.
pub(super) fn to_three(mut property: Property) -> Property {
    if property.param("ENCODING").next().is_some() {
        // Not of 4.0, but many programs write 3.0's form into cards of 4.0.
        return property;
    }
    let uri = plain_uri(&property.value).into_owned();
    let said = property.param("MEDIATYPE").next().map(str::to_owned);
    if let Some((media_type, data)) = data_uri(&uri) {
        let format = format(media_type.or(said.as_deref()).unwrap_or_default());
        without(&mut property, &["VALUE", "MEDIATYPE"]);
        with_types(&mut property, |kind| !is_format(kind), format.as_deref());
        property.value = data.into_owned();
        property.params.insert(0, Param::new("ENCODING", "b"));
        return property;
    }
    let format = said.as_deref().and_then(format);
    let text = property
        .param("VALUE")
        .any(|value| value.eq_ignore_ascii_case("text"));
    without(&mut property, &["MEDIATYPE", "VALUE"]);
    with_types(&mut property, |_| true, format.as_deref());
    if text || !is_uri(&uri) {
        return property;
    }
    property.value = uri;
    property.with("VALUE", "uri")
}

/// A URI without the backslashes that 3.0's writers, and those of 4.0 before its errata, put into it.
pub(super) fn plain_uri(value: &str) -> Cow<'_, str> {
    match text::unescape(value.trim()) {
        Cow::Owned(text) => Cow::Owned(text.replace('\n', "")),
        plain @ Cow::Borrowed(_) => plain,
    }
}

/// The media type and the base64 of a `data:` URI (RFC 2397 2).
fn data_uri(uri: &str) -> Option<(Option<&str>, Cow<'_, str>)> {
    let rest = uri
        .get(..5)
        .filter(|scheme| scheme.eq_ignore_ascii_case("data:"))
        .and(uri.get(5..))?;
    let (head, data) = rest.split_once(',')?;
    let mut parts = head.split(';').map(str::trim);
    let media_type = parts.next().filter(|kind| kind.contains('/'));
    let base64 = head
        .split(';')
        .next_back()
        .is_some_and(|last| last.trim().eq_ignore_ascii_case("base64"));
    let plain = crate::encoded::unpercent(data);
    if !base64 {
        return Some((media_type, Cow::Owned(BASE64_STANDARD.encode(&plain))));
    }
    let data: Vec<u8> = plain
        .into_iter()
        .filter(|octet| !octet.is_ascii_whitespace())
        .collect();
    let good = data
        .iter()
        .all(|octet| octet.is_ascii_alphanumeric() || b"+/=-_".contains(octet));
    let data = String::from_utf8(data).ok().filter(|_| good)?;
    Some((media_type, Cow::Owned(data)))
}

/// Whether a type names a format, not what the thing is for.
fn is_format(kind: &str) -> bool {
    !["home", "work", "pref"]
        .iter()
        .any(|purpose| purpose.eq_ignore_ascii_case(kind))
}

/// The media type that a format of 3.0 stands for (RFC 2426 3.1.4, 3.6.6, 3.7.2: the IANA's subtype).
fn media_type(property: &str, format: &str) -> String {
    let format = format.to_ascii_lowercase();
    if format.contains('/') {
        return format;
    }
    let known = FORMATS
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(&format));
    match (known, property.to_ascii_uppercase().as_str()) {
        (Some((_, media_type)), _) => (*media_type).to_owned(),
        (None, "SOUND") => format!("audio/{format}"),
        (None, "KEY") => format!("application/{format}"),
        (None, _) => format!("image/{format}"),
    }
}

/// The format of 3.0 for a media type.
fn format(media_type: &str) -> Option<String> {
    let known = FORMATS
        .iter()
        .find(|(_, known)| known.eq_ignore_ascii_case(media_type));
    let subtype = || {
        media_type
            .split_once('/')
            .map(|(_, subtype)| subtype.to_ascii_uppercase())
    };
    known
        .map(|(name, _)| (*name).to_owned())
        .or_else(subtype)
        .filter(|format| !format.is_empty())
}

/// What base64 is a picture of, where nothing says it.
fn guess(base64: &str) -> &'static str {
    let known = MAGIC.iter().find(|(begin, _)| base64.starts_with(begin));
    known.map_or("application/octet-stream", |(_, media_type)| media_type)
}

/// Formats whose name is not the media type's subtype, or not of the property's usual kind.
const FORMATS: [(&str, &str); 8] = [
    ("JPEG", "image/jpeg"),
    ("JPG", "image/jpeg"),
    ("X509", "application/pkix-cert"),
    ("PGP", "application/pgp-keys"),
    ("WAVE", "audio/wav"),
    ("BASIC", "audio/basic"),
    ("SVG", "image/svg+xml"),
    ("OCTET-STREAM", "application/octet-stream"),
];
/// How the base64 of common pictures begins.
const MAGIC: [(&str, &str); 4] = [
    ("/9j/", "image/jpeg"),
    ("iVBOR", "image/png"),
    ("R0lGOD", "image/gif"),
    ("UklGR", "image/webp"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn three(params: &[(&str, &str)], value: &str) -> Property {
        let property = Property::new("PHOTO", value);
        params.iter().fold(property, |property, (name, value)| {
            property.with(name, value)
        })
    }

    #[test]
    fn a_picture_goes_and_comes_back() {
        let photo = three(&[("ENCODING", "b"), ("TYPE", "JPEG")], "/9j/4AAQ");
        let four = to_four(photo.clone());
        assert_eq!(four.value, "data:image/jpeg;base64,/9j/4AAQ");
        assert_eq!(to_three(four), photo);
        let bare = to_four(three(&[("ENCODING", "BASE64")], "iVBO Rw0="));
        assert_eq!(bare.value, "data:image/png;base64,iVBORw0=");
    }

    #[test]
    fn pictures_elsewhere_and_odd_ones() {
        let there = to_four(three(
            &[("VALUE", "uri"), ("TYPE", "GIF")],
            "http\\://x.org/a\\,b.gif",
        ));
        assert_eq!(there.value, "http://x.org/a,b.gif");
        assert_eq!(there.param("MEDIATYPE").next(), Some("image/gif"));
        let back = to_three(there);
        assert_eq!(
            (back.param("VALUE").next(), back.param("TYPE").next()),
            (Some("uri"), Some("GIF"))
        );
        let plain = to_three(three(&[], "data:text/plain,a%20b"));
        assert_eq!(plain.value, "YSBi");
        let sloppy = to_three(three(&[], "data:image/png;base64\\,iVBORw0="));
        assert_eq!(
            (sloppy.value.as_str(), sloppy.param("TYPE").next()),
            ("iVBORw0=", Some("PNG"))
        );
    }
}
