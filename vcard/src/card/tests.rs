use super::*;
use crate::fault::Precondition;

fn read(body: &str) -> Result<ContactCard, Fault> {
    ContactCard::read(format!("BEGIN:VCARD\r\n{body}END:VCARD\r\n").as_bytes())
}

#[test]
fn what_stands_in_a_card() {
    let text = "BEGIN:VCARD\r\nVERSION:4.0\r\nUID: u1 \r\nFN:Jo\r\nitem1.EMAIL;TYPE=home,WORK;PREF=2:a@\r\n b.org\r\n\
        item1.X-ABLabel:Priv\r\nADR;LABEL=\"x^ny: ^'z^'\":;;Street\\, 1;Town;;;\r\nEND:VCARD\r\n";
    let card = ContactCard::read(text.as_bytes()).unwrap();
    assert_eq!(card.bytes(), text.as_bytes());
    assert_eq!(card.uid().as_deref(), Some("u1"));
    let email = card.best("email").unwrap();
    assert_eq!(
        (email.group(), email.value(), email.preference()),
        (Some("item1"), "a@b.org", Some(2))
    );
    assert_eq!(email.types().collect::<Vec<_>>(), ["home", "WORK"]);
    let adr = card.best("ADR").unwrap();
    assert_eq!(adr.param("label").next(), Some("x\ny: \"z\""));
    assert_eq!(adr.components().get(2).unwrap(), "Street, 1");
    assert_eq!(card.properties().len(), 6);
}

#[test]
fn each_fault_is_named() {
    let cases: [(&str, Fault); 10] = [
        ("VERSION:3.0\r\n", Fault::NoName),
        ("FN:x\r\n", Fault::NoVersion),
        (
            "VERSION:2.1\r\nFN:x\r\n",
            Fault::UnsupportedVersion(CutText::new("2.1")),
        ),
        (
            "VERSION:3.0\r\nFN:x\r\nUID:1\r\nUID:2\r\n",
            Fault::Twice {
                name: "UID",
                line: 5,
            },
        ),
        (
            "VERSION:3.0\r\nVERSION:4.0\r\nFN:x\r\n",
            Fault::Twice {
                name: "VERSION",
                line: 3,
            },
        ),
        (
            "VERSION:3.0\r\nrubbish\r\nFN:x\r\n",
            Fault::Malformed {
                line: 3,
                expected: "a colon behind the name",
            },
        ),
        (
            "VERSION:3.0\r\nFN;X=\"a:b\r\n",
            Fault::Malformed {
                line: 3,
                expected: "a closing quotation mark",
            },
        ),
        (
            "VERSION:3.0\r\nFN:a\rb\r\n",
            Fault::Malformed {
                line: 3,
                expected: "text without control characters",
            },
        ),
        (
            "VERSION:3.0\r\nBEGIN:VCARD\r\n",
            Fault::NotAlone { line: 3 },
        ),
        (
            "VERSION:3.0\r\nFN:x\r\nEND:VCARD\r\n",
            Fault::NotAlone { line: 5 },
        ),
    ];
    for (body, fault) in cases {
        assert_eq!(read(body).unwrap_err(), fault, "{body}");
    }
    assert_eq!(ContactCard::read(b"").unwrap_err(), Fault::NoCard);
    assert_eq!(
        ContactCard::read(b"BEGIN:VCARD\nVERSION:3.0\nFN:x").unwrap_err(),
        Fault::Unfinished
    );
    assert_eq!(
        ContactCard::read(b"BEGIN:VCARD\nFN:\xff\n").unwrap_err(),
        Fault::NotUtf8 { line: 2 }
    );
}

#[test]
fn every_bound_is_kept() {
    let large = ContactCard::read(&vec![b'a'; CARD_OCTETS_MAX + 1]).unwrap_err();
    assert_eq!(large.precondition(), Precondition::MaxResourceSize);
    let lines = read(&"\r\n".repeat(CARD_LINES_MAX)).unwrap_err();
    assert_eq!(
        lines,
        Fault::TooMany {
            what: "lines",
            limit: CARD_LINES_MAX
        }
    );
    let many = "X:1\r\n".repeat(PROPERTIES_MAX);
    assert!(matches!(
        read(&format!("VERSION:3.0\r\n{many}")),
        Err(Fault::TooMany {
            what: "properties",
            ..
        })
    ));
    let params = format!("X{}:1\r\n", ";A=b".repeat(60)).repeat(1_000);
    assert!(matches!(
        read(&format!("VERSION:3.0\r\n{params}")),
        Err(Fault::TooMany {
            what: "parameters",
            ..
        })
    ));
    let wide = format!("VERSION:3.0\r\nX{}:1\r\n", ";A=b".repeat(65));
    assert!(matches!(read(&wide), Err(Fault::Malformed { .. })));
}

#[test]
fn careless_clients_are_understood() {
    // Folded within a character (RFC 2425 allowed it), bare parameters, an unindented picture, blank lines, lower case, a BOM.
    let text = b"\xef\xbb\xbfbegin:vcard\nversion:3.0\n\nfn:M\xc3\n \xbcller\nPHOTO;BASE64;JPEG:/9j/\n4AAQ\n  AAAA=\ntel;cell;:1\n\
        X-messaging/xmpp-All:a@b\nend:vcard\n\n";
    let card = ContactCard::read(text).unwrap();
    assert_eq!(card.full_name(), "Müller");
    assert!(card.text().contains("fn:Müller\r\n"));
    let photo = card.best("PHOTO").unwrap();
    assert_eq!(photo.value(), "/9j/4AAQ AAAA=");
    assert_eq!(photo.param("ENCODING").next(), Some("BASE64"));
    assert!(card.best("TEL").unwrap().has_type("CELL"));
}

#[test]
fn preconditions_follow_the_standard() {
    assert_eq!(
        Fault::NoVersion.precondition(),
        Precondition::ValidAddressData
    );
    let old = read("VERSION:2.1\r\nFN:x\r\n").unwrap_err();
    assert_eq!(old.precondition(), Precondition::SupportedAddressData);
}
