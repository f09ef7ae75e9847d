//! The door for fuzzing: any input through every reader.

use super::header::{
    Depth, Destination, ETag, IfHeader, Matches, MediaType, Prefer, Timeout,
    accepted_vcard_version, file_name, lock_token,
};
use super::href::Target;
use super::report::Report;
use super::request::{
    AclRequest, AttachmentAction, LockInfo, MkCalendar, Mkcol, Post, Propfind, Proppatch,
};
use super::response::Multistatus;
use super::{PropertyName, PropertyValue, parse_utc};

/// Gives any input to the readers of bodies, header fields and links, and checks that what was read can be
/// written and read again. Panics if it cannot.
pub fn fuzz(input: &[u8]) {
    bodies(input);
    if let Ok(text) = std::str::from_utf8(input) {
        headers(text);
        hrefs(text);
    }
    let mut multistatus = Multistatus::default();
    multistatus
        .response("/dav/")
        .bytes(super::Property::CalendarData, input);
    let written = multistatus.finish();
    // A depth, count or size of the body's own cannot be in the way: there is only one property.
    let limits = super::BodyLimits {
        octets_max: usize::MAX,
        elements_max: 16,
        attributes_max: 16,
    };
    assert!(
        super::Element::parse(&written, limits).is_ok(),
        "what is written must be well-formed"
    );
}

fn bodies(input: &[u8]) {
    let _ = Propfind::parse(input);
    let _ = Mkcol::parse(input);
    let _ = MkCalendar::parse(input);
    let _ = AclRequest::parse(input);
    let _ = Post::parse(input);
    let _ = Report::parse(input);
    if let Ok(Some(LockInfo {
        owner: Some(owner), ..
    })) = LockInfo::parse(input)
    {
        stands_on_its_own(owner);
    }
    if let Ok(Proppatch { changes }) = Proppatch::parse(input) {
        for change in changes {
            let name = change.name();
            assert_eq!(PropertyName::parse(&name.to_string()).as_ref(), Some(name));
            if let super::request::PropertyChange::Set(value) = change {
                stands_on_its_own(value.into_xml());
            }
        }
    }
}

/// A stored value must be well-formed without what stood around it, and must not change when it is set again.
fn stands_on_its_own(xml: String) {
    let value = PropertyValue::from_xml(xml);
    assert!(value.is_ok(), "a stored value cannot be read: {value:?}");
    let Ok(value) = value else { return };
    let again = value
        .element()
        .and_then(|element| PropertyValue::of(&element, None));
    assert_eq!(again.as_ref(), Ok(&value));
}

fn headers(text: &str) {
    let _ = file_name(text);
    let _ = AttachmentAction::parse(text);
    let _ = Depth::parse(text);
    let _ = Timeout::parse(text);
    let _ = lock_token(text);
    let _ = MediaType::parse(text);
    let _ = Prefer::parse(text);
    let _ = accepted_vcard_version(text);
    let _ = parse_utc(text);
    if let Ok(tag) = ETag::parse(text, "ETag") {
        assert_eq!(ETag::parse(&tag.to_string(), "ETag").as_ref(), Ok(&tag));
    }
    if let Ok(matches) = Matches::parse(text, "If-Match") {
        let _ = matches.if_match_holds(None);
    }
    if let Ok(header) = IfHeader::parse(text) {
        let _ = header.holds(|_, _| false);
        assert!(header.tokens().count() <= super::header::IF_CONDITIONS_MAX);
    }
    let _ = Destination::parse(text, "example.org");
}

fn hrefs(text: &str) {
    if let Ok(target) = Target::parse_href(text, "example.org") {
        assert_eq!(Target::parse(&target.href()).as_ref(), Ok(&target));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::fuzz;

    /// Pieces that, put together at random, come close to what clients send.
    const PIECES: [&str; 24] = [
        "<D:propertyupdate xmlns:D='DAV:'>",
        "<D:set>",
        "<D:prop>",
        "<a xmlns='urn:a'>",
        "<b:b xmlns:b='urn:b' b:c='&quot;&#10;' xml:lang='de'>",
        "<c xmlns=''/>",
        "text &amp; ",
        "<![CDATA[<]]>",
        "</b:b>",
        "</a>",
        "</D:prop>",
        "</D:set>",
        "</D:propertyupdate>",
        "<!-- x -->",
        "<?x y?>",
        "&#13;",
        "<D:owner/>",
        "(<urn:x>",
        " [\"a\"])",
        "</dav/files/a%40b/>",
        "/dav/calendars/a@b/",
        "%2E",
        "W/\"x\"",
        "\r\n",
    ];

    proptest! {
        #[test]
        fn pieces_of_requests_never_panic(
            pieces in prop::collection::vec(prop::sample::select(&PIECES[..]), 0..24),
        ) {
            fuzz(pieces.concat().as_bytes());
        }

        #[test]
        fn any_value_that_is_set_stands_on_its_own(
            pieces in prop::collection::vec(prop::sample::select(&PIECES[3..10]), 0..12),
        ) {
            let inner = pieces.concat();
            fuzz(format!(
                "<D:propertyupdate xmlns:D='DAV:' xmlns='urn:o'><D:set><D:prop>{inner}</D:prop></D:set></D:propertyupdate>"
            ).as_bytes());
        }
    }
}
