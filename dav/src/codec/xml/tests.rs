use proptest::prelude::*;

use super::*;
use crate::codec::PropertyName;

fn parse(body: &str) -> Result<Element, Fault> {
    Element::parse(body.as_bytes(), BodyLimits::ORDINARY)
}

fn refused(body: &str) -> Fault {
    parse(body).expect_err(body)
}

#[test]
fn names_are_resolved_whatever_the_prefix() {
    for body in [
        r#"<D:a xmlns:D="DAV:"><D:b/></D:a>"#,
        r#"<a xmlns="DAV:"><b/></a>"#,
        r#"<x:a xmlns:x="DAV:"><x:b xmlns:x="DAV:"></x:b></x:a>"#,
        "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<!-- hello --><a xmlns='DAV:'><b /></a>\n",
        r#"<a xmlns="&#68;AV:"><b/></a>"#,
    ] {
        let root = parse(body).expect(body);
        assert!(root.is_dav("a"), "{body}");
        assert!(root.dav("b").is_some(), "{body}");
    }
    let root = parse(r#"<a xmlns="DAV:"><b xmlns=""/></a>"#).unwrap();
    assert_eq!(root.elements().next().unwrap().namespace, Namespace::None);
}

#[test]
fn text_is_put_together_from_all_its_forms() {
    let root = parse("<a>1 &lt; 2<!-- no --> &amp;<![CDATA[ <3> ]]>&#x34;&#13;\r\n</a>").unwrap();
    assert_eq!(root.text(), "1 < 2 & <3> 4\r\n");
    assert_eq!(root.children.len(), 1);
}

#[test]
fn attributes_are_normalised() {
    let root = parse("<a b=\"1&lt;2&#10;\t3\" xml:lang=\"de\" />").unwrap();
    assert_eq!(root.plain("b"), Some("1<2\n 3"));
    assert_eq!(root.lang(), Some("de"));
    assert_eq!(root.plain("lang"), None);
}

#[test]
fn what_is_not_well_formed_is_refused() {
    for body in [
        "",
        "hello",
        "<a>",
        "<a></b>",
        "</a>",
        "<a/><b/>",
        "<a/>x",
        "x<a/>",
        "<a/>&amp;",
        "<a/><![CDATA[]]>",
        "<a b></a>",
        "<a b=1/>",
        "<a b='1' b='2'/>",
        "<a x:b='1' y:b='2' xmlns:x='u' xmlns:y='u'/>",
        "<a b='<'/>",
        "<D:a/>",
        "<a D:b='1'/>",
        "<a xmlns:D=''/>",
        "<a xmlns:xmlns='u'/>",
        "<1a/>",
        "<a:b:c xmlns:a='u'/>",
        "<:a/>",
        "<a>\u{1}</a>",
        "<a>&#1;</a>",
        "<a>&#xFFFE;</a>",
        "<a>&#+65;</a>",
        "<a>&nbsp;</a>",
        "<a>&unknown;</a>",
        "<a b='&unknown;'/>",
        "<a>& b</a>",
        " <?xml version='1.0'?><a/>",
    ] {
        assert!(
            matches!(refused(body), Fault::Syntax { .. }),
            "{body}: {:?}",
            refused(body)
        );
        assert_eq!(refused(body).status().0, 400);
    }
}

#[test]
fn document_types_are_refused() {
    // Billion laughs, a file of the server, and the harmless form.
    for body in [
        "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;&b;\">]><a>&c;</a>",
        "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
        "<!DOCTYPE html><a/>",
    ] {
        assert_eq!(refused(body), Fault::Entities, "{body}");
    }
    assert_eq!(Fault::Entities.status().0, 403);
    let named = Fault::Entities.precondition().unwrap();
    assert_eq!(named.tag().local, "no-external-entities");
}

#[test]
fn other_encodings_are_refused() {
    let utf16: Vec<u8> = "\u{feff}<a/>"
        .encode_utf16()
        .flat_map(u16::to_be_bytes)
        .collect();
    let little: Vec<u8> = "<a/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for body in [
        utf16.as_slice(),
        little.as_slice(),
        b"<?xml version='1.0' encoding='ISO-8859-1'?><a/>",
        b"<a>\xe4</a>",
    ] {
        let fault = Element::parse(body, BodyLimits::ORDINARY).unwrap_err();
        assert_eq!(fault, Fault::Encoding);
        assert_eq!(fault.status().0, 415);
    }
}

#[test]
fn every_bound_holds() {
    let deep = "<a>".repeat(DEPTH_MAX + 1) + &"</a>".repeat(DEPTH_MAX + 1);
    assert_eq!(refused(&deep), Fault::TooDeep { limit: DEPTH_MAX });
    let deepest = "<a>".repeat(DEPTH_MAX) + &"</a>".repeat(DEPTH_MAX);
    assert!(parse(&deepest).is_ok());

    let limit = BodyLimits::ORDINARY.elements_max;
    let wide = format!("<a>{}</a>", "<b/>".repeat(limit));
    assert!(matches!(refused(&wide), Fault::TooMany { .. }));
    assert!(parse(&format!("<a>{}</a>", "<b/>".repeat(limit - 1))).is_ok());

    let attributes: String = (0..=ATTRIBUTES_MAX).map(|n| format!(" a{n}=''")).collect();
    assert!(matches!(
        refused(&format!("<a{attributes}/>")),
        Fault::TooMany { .. }
    ));
    let spaces: String = (0..=ATTRIBUTES_MAX)
        .map(|n| format!(" xmlns:a{n}='u'"))
        .collect();
    assert!(parse(&format!("<a{spaces}/>")).is_err());
    assert!(parse(&format!("<{}/>", "a".repeat(NAME_OCTETS_MAX + 1))).is_err());

    let large = format!("<a>{}</a>", "x".repeat(BodyLimits::ORDINARY.octets_max));
    assert!(matches!(refused(&large), Fault::TooLong { .. }));
    assert_eq!(refused(&large).status().0, 413);
}

#[test]
fn an_absent_body_is_none() {
    let none = Element::parse_optional(b" \r\n", BodyLimits::ORDINARY);
    assert_eq!(none, Ok(None));
}

proptest! {
    #[test]
    fn nothing_panics(body in "[<>/a&;:'\"= x!\\[\\]?-]{0,64}") {
        let _ = parse(&body);
    }

    #[test]
    fn text_and_attributes_survive(
        text in "\\PC{0,40}",
        value in "[\\PC\t\n\r]{0,40}",
        local in "[a-z_][a-z0-9.-]{0,10}",
    ) {
        let mut body = String::from("<x:");
        body.push_str(&local);
        body.push_str(" xmlns:x='urn:x' b=\"");
        crate::codec::response::escape_attribute(&mut body, &value);
        body.push_str("\">");
        crate::codec::response::escape_text(&mut body, &text);
        body.push_str("</x:");
        body.push_str(&local);
        body.push('>');
        let root = parse(&body).unwrap();
        prop_assert_eq!(root.text(), text);
        prop_assert_eq!(root.plain("b"), Some(value.as_str()));
        let name = PropertyName::new(Namespace::of("urn:x"), &local);
        prop_assert_eq!(root.property_name(), name);
    }
}
