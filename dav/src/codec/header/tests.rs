use proptest::prelude::*;

use super::*;
use crate::codec::Fault;
use crate::codec::href::Target;

fn strong(tag: &str) -> ETag {
    let weak = false;
    let tag = tag.into();
    ETag { weak, tag }
}

#[test]
fn depth_timeout_and_flags() {
    assert_eq!(Depth::parse("0"), Ok(Depth::Zero));
    assert_eq!(Depth::parse(" Infinity "), Ok(Depth::Infinity));
    assert_eq!(Depth::parse("2"), Err(Fault::Header("Depth")));
    assert_eq!(
        Timeout::parse("Infinite, Second-4100000000"),
        Ok(Timeout::Infinite)
    );
    assert_eq!(
        Timeout::parse("Extend-1, Second-60"),
        Ok(Timeout::Seconds(60))
    );
    assert_eq!(
        Timeout::parse("Second-99999999999999"),
        Ok(Timeout::Seconds(u32::MAX))
    );
    for wrong in ["", "Second-", "Second--1", "60"] {
        assert!(Timeout::parse(wrong).is_err(), "{wrong}");
    }
    assert_eq!(true_or_false("T", "Overwrite"), Ok(true));
    assert_eq!(true_or_false("f", "Brief"), Ok(false));
    assert!(true_or_false("true", "Overwrite").is_err());
    assert_eq!(lock_token("<urn:uuid:7>"), Ok("urn:uuid:7"));
    for wrong in ["urn:uuid:7", "<>", "<urn uuid:7>", "<7>"] {
        assert!(lock_token(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn tags_are_compared_as_rfc_9110_says() {
    let list = Matches::parse(r#""a" , W/"b",, "c,d""#, "If-Match").unwrap();
    assert!(list.if_match_holds(Some(&strong("a"))));
    assert!(!list.if_match_holds(Some(&strong("b"))));
    assert!(list.if_match_holds(Some(&strong("c,d"))));
    assert!(!list.if_match_holds(None));
    assert!(!list.if_none_match_holds(Some(&strong("b"))));
    assert!(list.if_none_match_holds(Some(&strong("x"))));
    assert!(list.if_none_match_holds(None));
    let any = Matches::parse(" * ", "If-None-Match").unwrap();
    assert!(!any.if_none_match_holds(Some(&strong("a"))));
    assert!(any.if_match_holds(Some(&strong("a"))));
    assert!(!any.if_match_holds(None));
    // Without quotes, as some clients send it.
    assert_eq!(
        Matches::parse("abc123", "If-Match"),
        Ok(Matches::Tags(vec![strong("abc123")]))
    );
    for wrong in ["", ",", "\"a", "\"a\" \"b\"", "a b", "*, \"a\"", "\"a b\""] {
        assert!(Matches::parse(wrong, "If-Match").is_err(), "{wrong}");
    }
}

/// The examples of RFC 4918 10.4.6 to 10.4.9 and 10.4.11.
#[test]
fn the_if_header_follows_its_grammar() {
    let token = "urn:uuid:181d4fae-7d8c-11d0-a765-00a0c91e6bf2";
    let header = IfHeader::parse(&format!(
        r#"(<{token}> ["I am an ETag"]) (["I am another ETag"])"#
    ));
    // `etagc` has no space, as RFC 9110 8.8.3 corrects the example.
    assert!(header.is_err());
    let header = IfHeader::parse(&format!(r#"(<{token}> ["e1"]) (["e2"])"#)).unwrap();
    assert_eq!(header.lists.len(), 2);
    assert_eq!(header.tokens().collect::<Vec<_>>(), [token]);
    assert!(header.holds(|_, state| *state == IfState::ETag(strong("e2"))));
    assert!(!header.holds(|_, state| *state == IfState::ETag(strong("e1"))));

    let header = IfHeader::parse(&format!("(Not <{token}> <urn:uuid:58f202ac>)")).unwrap();
    assert!(header.holds(|_, state| *state == IfState::Token("urn:uuid:58f202ac".into())));
    assert!(!header.holds(|_, _| true));

    let header = IfHeader::parse(&format!("(<{token}>)(Not <DAV:no-lock>)")).unwrap();
    assert!(header.holds(|_, _| false));

    let header = IfHeader::parse(&format!(
        r#"</resource1> (<{token}> [W/"A weak ETag"]) (["strong"]) <http://example.org/two>(["4217"])"#
    ));
    assert!(header.is_err());
    let header = IfHeader::parse(&format!(
        r#"</resource1> (<{token}> [W/"weak"]) (["strong"]) <http://example.org/two>(["4217"])"#
    ))
    .unwrap();
    let places: Vec<_> = header
        .lists
        .iter()
        .map(|list| list.resource.as_deref().unwrap())
        .collect();
    assert_eq!(
        places,
        ["/resource1", "/resource1", "http://example.org/two"]
    );

    for wrong in [
        "",
        "()",
        "(",
        "(<urn:x>",
        "<urn:x>",
        "</a>",
        "(<urn:x>) </a> (<urn:x>)",
        "(Not)",
        "(<x>)",
        "([\"a\")",
        "[\"a\"]",
        "(\"a\")",
        "(<urn:x>),(<urn:x>)",
    ] {
        assert!(IfHeader::parse(wrong).is_err(), "{wrong}");
    }
    let many = "(<urn:x>)".repeat(IF_CONDITIONS_MAX + 1);
    assert!(IfHeader::parse(&many).is_err());
}

#[test]
fn preferences_are_wishes() {
    let prefer = Prefer::parse("depth-noroot, return=minimal; x=1, return=representation, odd");
    assert_eq!(prefer.returning, Some(Return::Minimal));
    assert!(prefer.no_root);
    assert_eq!(prefer.applied(), Some("return=minimal, depth-noroot"));
    assert_eq!(
        Prefer::parse("RETURN=\"representation\"").returning,
        Some(Return::Representation)
    );
    assert_eq!(Prefer::parse("handling=lenient, \"").applied(), None);
}

#[test]
fn a_destination_is_on_this_server() {
    let there = |value: &str| Destination::parse(value, "dav.example.org:443");
    let root = Destination {
        target: Target::Root,
        trailing_slash: true,
    };
    for value in [
        "/dav/",
        "https://dav.example.org/dav/",
        "HTTPS://DAV.example.ORG:443/dav/?x#y",
    ] {
        assert_eq!(there(value), Ok(root.clone()), "{value}");
    }
    for value in [
        "http://other.example.org/dav/",
        "https://dav.example.org:8443/dav/",
        "ftp://dav.example.org/dav/",
    ] {
        assert_eq!(there(value), Err(Fault::OtherServer), "{value}");
    }
    for value in [
        "",
        "dav/",
        "//evil.example/dav/",
        "https://dav.example.org@evil.example/dav/",
    ] {
        assert_eq!(there(value), Err(Fault::Header("Destination")), "{value}");
    }
    assert!(there("/dav/files/a%40b/../../x").is_err());
    assert_eq!(path_of("https://h", "h"), Ok("/"));
    assert_eq!(Fault::OtherServer.status().0, 502);
}

#[test]
fn media_types_and_versions_of_cards() {
    let media = MediaType::parse("Text/Calendar; Charset=\"utf-8\" ; component=vevent").unwrap();
    assert_eq!(media.essence, "text/calendar");
    assert_eq!(media.parameter("charset"), Some("utf-8"));
    assert_eq!(media.parameter("component"), Some("vevent"));
    assert!(MediaType::parse("application/xml").unwrap().is_xml());
    for wrong in ["", "text", "text/", "/x", "text/x; y", "te xt/x"] {
        assert!(MediaType::parse(wrong).is_err(), "{wrong}");
    }
    let v = accepted_vcard_version;
    assert_eq!(
        v("text/vcard; version=4.0, text/vcard; q=0.5"),
        Some(VcardVersion::V4)
    );
    assert_eq!(
        v("text/vcard;version=3.0;q=0.2, text/vcard;version=4.0;q=0.9"),
        Some(VcardVersion::V4)
    );
    assert_eq!(
        v("text/vcard; version=\"3.0\", */*"),
        Some(VcardVersion::V3)
    );
    assert_eq!(v("text/vcard;version=4.0;q=0"), None);
    assert_eq!(v("*/*"), None);
    assert_eq!(v("text/x-vcard"), Some(VcardVersion::V3));
}

proptest! {
    #[test]
    fn nothing_panics(value in "[(<>)\\[\\]\"WNot/ ,:;=a-z0-9*%.-]{0,60}") {
        let _ = IfHeader::parse(&value);
        let _ = Matches::parse(&value, "If-Match");
        let _ = MediaType::parse(&value);
        let _ = Prefer::parse(&value);
        let _ = Destination::parse(&value, "h");
        let _ = accepted_vcard_version(&value);
        let _ = file_name(&value);
        let _ = Timeout::parse(&value);
    }

    #[test]
    fn a_tag_is_read_as_written(weak: bool, tag in "[!#-~]{0,40}") {
        let tag = ETag { weak, tag: tag.into() };
        prop_assert_eq!(ETag::parse(&tag.to_string(), "x"), Ok(tag));
    }
}
