//! Made-up cards through conversion and back, and arbitrary octets through everything.

use std::fmt::Write as _;

use proptest::prelude::*;
use vcard::{ContactCard, Property, Version, read_all};

/// What a person's card says, apart from how a version writes it.
#[derive(Clone, Debug)]
struct Person {
    name: Vec<String>,
    full_name: String,
    emails: Vec<(Option<&'static str>, String)>,
    preferred: usize,
    phones: Vec<(&'static str, String)>,
    addresses: Vec<(&'static str, Vec<String>)>,
    note: String,
    photo: String,
    birthday: (u16, u8, u8),
}

fn said() -> impl Strategy<Value = String> {
    "[a-zA-Zäößéж漢😀 .,;:\\\\\"'^=\n-]{0,40}"
}

fn person() -> impl Strategy<Value = Person> {
    let words = prop::collection::vec(said(), 5);
    let emails = prop::collection::vec(
        (
            prop::option::of(prop::sample::select(vec!["home", "work"])),
            "[a-z]{1,8}@[a-z]{1,8}\\.org",
        ),
        1..4,
    );
    let phones = prop::collection::vec(
        (
            prop::sample::select(vec!["cell", "home,fax", "work,voice"]),
            "\\+?[0-9 ()-]{1,16}",
        ),
        0..4,
    );
    let addresses = prop::collection::vec(
        (
            prop::sample::select(vec!["home", "work"]),
            prop::collection::vec(said(), 7),
        ),
        0..3,
    );
    let photo = "([A-Za-z0-9+/]{4}){0,60}([A-Za-z0-9+/]{2}==)?";
    let birthday = (1605_u16..2100, 1_u8..=12, 1_u8..=28);
    (
        words,
        "[a-zA-Zäöß漢,;]{1,30}",
        emails,
        0_usize..3,
        phones,
        addresses,
        said(),
        photo,
        birthday,
    )
        .prop_map(
            |(name, full_name, emails, preferred, phones, addresses, note, photo, birthday)| {
                Person {
                    name,
                    full_name,
                    emails,
                    preferred,
                    phones,
                    addresses,
                    note,
                    photo,
                    birthday,
                }
            },
        )
}

fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n");
    text.replace(',', "\\,").replace(';', "\\;")
}

/// The card in 3.0, as a client would write it.
fn in_three(person: &Person) -> String {
    let parts = |parts: &[String]| {
        parts
            .iter()
            .map(|part| escaped(part))
            .collect::<Vec<_>>()
            .join(";")
    };
    let mut text = format!(
        "BEGIN:VCARD\r\nVERSION:3.0\r\nN:{}\r\nFN:{}\r\n",
        parts(&person.name),
        escaped(&person.full_name)
    );
    for (at, (kind, address)) in person.emails.iter().enumerate() {
        let kind = kind.map(|kind| format!(";TYPE={kind}")).unwrap_or_default();
        let preferred = if at == person.preferred {
            ";TYPE=pref"
        } else {
            ""
        };
        let _ = write!(text, "EMAIL{kind}{preferred}:{address}\r\n");
    }
    for (kind, number) in &person.phones {
        let _ = write!(text, "TEL;TYPE={kind}:{number}\r\n");
    }
    for (kind, address) in &person.addresses {
        let _ = write!(text, "ADR;TYPE={kind}:{}\r\n", parts(address));
    }
    let (year, month, day) = person.birthday;
    let _ = write!(
        text,
        "BDAY:{year:04}-{month:02}-{day:02}\r\nNOTE:{}\r\nPHOTO;ENCODING=b;TYPE=PNG:{}\r\nEND:VCARD\r\n",
        escaped(&person.note),
        person.photo
    );
    text
}

/// What a property says, apart from the order and case of its parameters.
fn meaning(property: &Property) -> (String, Vec<String>, bool, String) {
    let mut kinds: Vec<_> = property
        .types()
        .map(str::to_ascii_lowercase)
        .filter(|kind| kind != "pref")
        .collect();
    kinds.sort();
    let preferred = property.preference() == Some(1);
    (
        property.name().to_ascii_uppercase(),
        kinds,
        preferred,
        property.value().to_owned(),
    )
}

fn meanings(card: &ContactCard) -> Vec<(String, Vec<String>, bool, String)> {
    let mut all: Vec<_> = card
        .properties()
        .iter()
        .filter(|property| !property.is("VERSION"))
        .map(meaning)
        .collect();
    all.sort();
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// 3.0 to 4.0 and back: names, mails, telephones, addresses, notes, photos and birthdays say what they said.
    #[test]
    fn a_card_comes_back_as_it_went(person in person()) {
        let three = ContactCard::read(in_three(&person).as_bytes()).unwrap();
        let four = ContactCard::read(three.convert(Version::V4).as_bytes()).unwrap();
        prop_assert_eq!(four.version(), Version::V4);
        prop_assert_eq!(four.best("N").map(Property::components), three.best("N").map(Property::components));
        prop_assert_eq!(four.best("NOTE").map(Property::text), three.best("NOTE").map(Property::text));
        let photo = four.all("PHOTO").next().unwrap();
        prop_assert_eq!(photo.value(), format!("data:image/png;base64,{}", person.photo));
        let back = ContactCard::read(four.convert(Version::V3).as_bytes()).unwrap();
        prop_assert_eq!(meanings(&back), meanings(&three));
        let (before, after) = (three.summary(), back.summary());
        prop_assert_eq!(before, after);
    }

    /// Lines that are written are at most 75 octets long, and characters stay whole.
    #[test]
    fn what_is_written_is_folded(person in person()) {
        let three = ContactCard::read(in_three(&person).as_bytes()).unwrap();
        let text = three.convert(Version::V4);
        prop_assert!(text.split("\r\n").all(|line| line.len() <= 75 && !line.contains(['\r', '\n'])));
    }

    /// Many cards in one file are found one by one.
    #[test]
    fn a_file_of_cards_falls_into_its_cards(people in prop::collection::vec(person(), 0..5)) {
        let texts: Vec<_> = people.iter().map(in_three).collect();
        let file = texts.concat();
        let found: Vec<_> = read_all(file.as_bytes()).map(|found| found.card.unwrap().text().into_owned()).collect();
        prop_assert_eq!(found, texts);
    }

    /// Octets that look like cards go through everything.
    #[test]
    fn lines_of_every_kind_keep_the_laws(lines in prop::collection::vec(line(), 0..12), four in any::<bool>()) {
        let version = if four { "4.0" } else { "3.0" };
        vcard::fuzz(format!("BEGIN:VCARD\r\nVERSION:{version}\r\n{}\r\nEND:VCARD\r\n", lines.join("\r\n")).as_bytes());
        vcard::fuzz(format!("BEGIN:VCARD\nVERSION:2.1\n{}\nEND:VCARD\n", lines.join("\n")).as_bytes());
    }

    /// Any octets do.
    #[test]
    fn octets_of_every_kind_do_no_harm(octets in prop::collection::vec(any::<u8>(), 0..300)) {
        vcard::fuzz(&octets);
    }
}

/// A line that may be a property.
fn line() -> impl Strategy<Value = String> {
    let names = [
        "FN",
        "N",
        "ORG",
        "EMAIL",
        "TEL",
        "NICKNAME",
        "ADR",
        "LABEL",
        "PHOTO",
        "KEY",
        "BDAY",
        "ANNIVERSARY",
        "REV",
        "GEO",
        "TZ",
        "UID",
        "KIND",
        "MEMBER",
        "RELATED",
        "X-ABDATE",
        "X-ABLabel",
        "X-ABRELATEDNAMES",
        "X-ADDRESSBOOKSERVER-KIND",
        "SORT-STRING",
        "AGENT",
        "X-ABShowAs",
        "X-GENDER",
        "X-FN",
        "CLASS",
        "NOTE",
        "URL",
        "X GOOGLE",
    ];
    let params = [
        "",
        ";TYPE=home,pref",
        ";PREF=2",
        ";ENCODING=b",
        ";ENCODING=QUOTED-PRINTABLE",
        ";CHARSET=utf-16",
        ";VALUE=text",
        ";VALUE=uri",
        ";BASE64;JPEG",
        ";LABEL=\"a;b^n\"",
        ";SORT-AS=\"x,y\"",
        ";X-APPLE-OMIT-YEAR=1604",
        ";ALTID=1",
        ";X=^^,\"q\"z",
        ";MEDIATYPE=image/gif",
    ];
    let group = prop::sample::select(vec!["", "", "item1.", "ITEM1.", "item2."]);
    let value = prop::sample::select(vec![
        "",
        ";",
        "a,b;c",
        "\\",
        "\\n\\;x",
        "=C3=BC=",
        "=3B=0D=0A",
        "1604-04-15",
        "--0415",
        "19800101T010203.5+0100",
        "1985-04",
        "data:image/png;base64,AAAA",
        "data:,%41",
        "data:x/y;base64,\u{fc}",
        "geo:1,2",
        "1;2",
        "-0500",
        "tel:+1;ext=2",
        "_$!<Anniversary>!$_",
        "_$!<Spouse>!$_",
        "group",
        "COMPANY",
        "ﬁ Ⅷ ²1",
        "mailto:A@b.org",
        " x ",
        "e\u{323}\u{301}",
        "\u{301}",
        "u:v",
    ]);
    let name = prop::sample::select(names.to_vec());
    let params = prop::sample::select(params.to_vec());
    prop_oneof![
        20 => (group, name, params.clone(), params, value).prop_map(|(group, name, one, two, value)| format!("{group}{name}{one}{two}:{value}")),
        1 => prop::sample::select(vec!["", " folded", "AAAA", "rubbish", "END:VCARD", "BEGIN:VCARD", "AGENT:"]).prop_map(str::to_owned),
    ]
}
