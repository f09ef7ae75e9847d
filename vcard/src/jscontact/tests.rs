//! Cards there and back.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn card(body: &str) -> ContactCard {
    let text = format!("BEGIN:VCARD\r\n{body}END:VCARD\r\n");
    ContactCard::read(text.as_bytes()).unwrap()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        other => panic!("{other}"),
    }
}

const ERIKA: &str = "VERSION:4.0\r\nUID:urn:uuid:1\r\nFN:Dr. Erika Mustermann\r\nN:Mustermann;Erika;;Dr.;\r\n\
    EMAIL;TYPE=work;PREF=1:erika@example.org\r\nitem1.TEL;TYPE=home,cell;X-KEEP=yes:+49 30 1\r\nitem1.X-ABLabel:Boat\r\n\
    ADR;TYPE=home;LABEL=\"Weg 1^n10115 Berlin\":;;Weg 1;Berlin;;10115;Germany\r\nBDAY:19641012\r\nCATEGORIES:a,b\r\n\
    X-OWN;X-P=1:something\\, else\r\nNOTE:one\\ntwo\r\nORG:Amt;IT\r\nREV:20200102T030405Z\r\n";

#[test]
fn a_card_as_jscontact() {
    let js = Value::Object(card(ERIKA).to_jscontact());
    assert_eq!(js["uid"], "urn:uuid:1");
    assert_eq!(js["name"]["full"], "Dr. Erika Mustermann");
    let kinds: Vec<_> = js["name"]["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["kind"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["title", "given", "surname"]);
    let email = js["emails"].as_object().unwrap().values().next().unwrap();
    assert_eq!(
        *email,
        json!({"address": "erika@example.org", "contexts": {"work": true}, "pref": 1})
    );
    let phone = js["phones"].as_object().unwrap().values().next().unwrap();
    assert_eq!(
        *phone,
        json!({"number": "+49 30 1", "contexts": {"private": true}, "features": {"mobile": true}, "label": "Boat"})
    );
    let address = js["addresses"]
        .as_object()
        .unwrap()
        .values()
        .next()
        .unwrap();
    assert_eq!(address["full"], "Weg 1\n10115 Berlin");
    assert_eq!(
        address["components"][0],
        json!({"kind": "name", "value": "Weg 1"})
    );
    let day = js["anniversaries"]
        .as_object()
        .unwrap()
        .values()
        .next()
        .unwrap();
    assert_eq!(day["date"], json!({"year": 1964, "month": 10, "day": 12}));
    assert_eq!(js["keywords"], json!({"a": true, "b": true}));
    assert_eq!(
        js["vCardProps"],
        json!([["x-own", {"x-p": "1"}, "unknown", "something\\, else"]])
    );
    assert_eq!(js["updated"], "2020-01-02T03:04:05Z");
}

#[test]
fn nothing_changes_where_nothing_changed() {
    for body in [ERIKA, APPLE] {
        let card = card(body);
        assert_eq!(
            card.with_jscontact(&card.to_jscontact())
                .unwrap()
                .as_bytes(),
            card.bytes()
        );
    }
}

const APPLE: &str = "VERSION:3.0\r\nN:Doe;John;;;\r\nFN:John Doe\r\nitem1.EMAIL;type=INTERNET;type=pref:j@x.org\r\n\
    item1.X-ABLabel:_$!<Other>!$_\r\nitem2.ADR;type=HOME:;;Main St 1;Town;;1;US\r\nitem2.X-ABADR:us\r\n\
    item3.X-ABDATE:2010-05-06\r\nitem3.X-ABLabel:_$!<Anniversary>!$_\r\nPHOTO;ENCODING=b;TYPE=JPEG:AAAA\r\n\
    X-SOCIALPROFILE;type=twitter;x-user=jd:http://t.co/jd\r\nLABEL;TYPE=HOME:Main St 1\\nTown\r\nUID:abc\r\n";

#[test]
fn only_the_lines_of_what_changed_change() {
    let card = card(ERIKA);
    let mut js = card.to_jscontact();
    let phones = js["phones"].as_object_mut().unwrap();
    phones.values_mut().next().unwrap()["number"] = "+49 30 2".into();
    let text = card.with_jscontact(&js).unwrap();
    assert!(text.contains("X-KEEP=yes:+49 30 2\r\n"), "{text}");
    assert!(text.contains("X-ABLabel:Boat\r\n"), "{text}");
    let kept = card
        .text()
        .lines()
        .filter(|line| !line.contains("item1."))
        .all(|line| text.contains(line));
    assert!(kept, "{text}");
    let again = ContactCard::read(text.as_bytes()).unwrap();
    assert_eq!(Value::Object(again.to_jscontact()), Value::Object(js));
}

#[test]
fn a_card_of_3_0_stays_one() {
    let card = card(APPLE);
    let mut js = card.to_jscontact();
    assert_eq!(
        js["onlineServices"]
            .as_object()
            .unwrap()
            .values()
            .next()
            .unwrap()["service"],
        "twitter"
    );
    assert!(
        js["media"].as_object().unwrap().values().next().unwrap()["uri"]
            .as_str()
            .unwrap()
            .starts_with("data:")
    );
    let id = js["anniversaries"]
        .as_object()
        .unwrap()
        .keys()
        .next()
        .unwrap()
        .clone();
    js["anniversaries"][&id]["date"]["year"] = 2011.into();
    js.insert(
        "emails".into(),
        json!({"e1": {"address": "new@x.org", "label": "Club"}}),
    );
    js["name"]["full"] = "Johnny".into();
    let text = card.with_jscontact(&js).unwrap();
    assert!(
        text.contains("VERSION:3.0") && text.contains("FN:Johnny\r\n"),
        "{text}"
    );
    assert!(text.contains("N:Doe;John;;;\r\n"), "{text}");
    assert_eq!(text.matches("X-ABLabel").count(), 2, "{text}");
    assert!(
        text.contains("2011-05-06") && text.contains("PHOTO;ENCODING=b;TYPE=JPEG:AAAA\r\n"),
        "{text}"
    );
    let again = ContactCard::read(text.as_bytes()).unwrap().to_jscontact();
    assert_eq!(again["emails"], js["emails"]);
    assert_eq!(again["addresses"], js["addresses"]);
}

#[test]
fn what_a_vcard_cannot_say_stands_beside() {
    let js = object(json!({
        "@type": "Card", "version": "1.0", "uid": "u1", "kind": "individual",
        "name": {"components": [{"kind": "given", "value": "Ada", "phonetic": "ˈeɪdə"}, {"kind": "surname", "value": "L"}], "isOrdered": true},
        "emails": {"e1": {"address": "a@b.c", "example.com:trust": {"level": 3}, "contexts": {"example.com:boat": true}}},
        "localizations": {"de": {"name/full": "Ada"}},
        "example.com:colour": ["red", null, 7],
        "anniversaries": {"x": {"kind": "example.com:start", "date": {"year": 2000}, "place": {"full": "here"}}},
        "addresses": {"h": {"components": [{"kind": "number", "value": "5"}, {"kind": "separator", "value": " "}, {"kind": "name", "value": "Weg; 1, a"}, {"kind": "locality", "value": "Köln"}],
            "isOrdered": true, "defaultSeparator": ", ", "contexts": {"billing": true}, "timeZone": "Europe/Berlin", "countryCode": "DE"}},
        "personalInfo": {"p": {"kind": "expertise", "value": "chess", "level": "high", "listAs": 2}},
        "onlineServices": {"o": {"user": "ada", "service": "Mastodon"}},
        "notes": {"n": {"note": "line\none", "author": {"name": "Me"}, "created": "2024-01-02T03:04:05Z"}},
        "speakToAs": {"grammaticalGender": "feminine", "pronouns": {"p": {"pronouns": "she/her", "pref": 1}}},
        "members": {"urn:uuid:2": true}, "keywords": {"x,y": true},
        "relatedTo": {"urn:uuid:3": {"relation": {"friend": true}}},
        "organizations": {"o1": {"name": "ACME", "sortAs": "acme", "units": [{"name": "R;D"}]}},
        "titles": {"t": {"kind": "role", "name": "Boss", "organizationId": "o1"}},
        "vCardProps": [["x-foo", {"group": "g1", "x-a": ["1", "2"]}, "text", "a,b"]]
    }));
    let text = from_jscontact(&js).unwrap();
    let again = ContactCard::read(text.as_bytes()).unwrap().to_jscontact();
    assert_eq!(Value::Object(again), Value::Object(js), "{text}");
    assert!(text.contains("FN;DERIVED=TRUE:Ada L\r\n"), "{text}");
}

#[test]
fn names_and_streets_in_old_places_too() {
    let js = object(json!({"uid": "u", "name": {"components": [
            {"kind": "given", "value": "Jo"}, {"kind": "surname", "value": "A"}, {"kind": "surname2", "value": "B"}]},
        "addresses": {"h": {"components": [{"kind": "name", "value": "Weg"}, {"kind": "number", "value": "1"}]}}}));
    let text = from_jscontact(&js).unwrap();
    assert!(text.contains("N:A,B;Jo;;;;B\r\n"), "{text}");
    assert!(text.contains(":;;Weg,1;;;;;;;;1;Weg\r\n"), "{text}");
    let again = ContactCard::read(text.as_bytes()).unwrap().to_jscontact();
    assert_eq!(again["name"]["components"].as_array().unwrap().len(), 3);
    assert_eq!(
        again["addresses"]["h"]["components"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn an_entry_that_another_program_took_out_stays_out() {
    let js = object(
        json!({"uid": "u", "emails": {"e1": {"address": "a@b.c", "x.y:z": 1}, "e2": {"address": "d@e.f"}}}),
    );
    let text = from_jscontact(&js).unwrap();
    let without: Vec<_> = text
        .lines()
        .filter(|line| !line.contains("a@b.c"))
        .collect();
    let card = ContactCard::read((without.join("\r\n") + "\r\n").as_bytes()).unwrap();
    assert_eq!(
        card.to_jscontact()["emails"],
        json!({"e2": {"address": "d@e.f"}})
    );
}

#[test]
fn ids_stay_when_others_go() {
    let two = card("VERSION:4.0\r\nFN:x\r\nTEL:1\r\nTEL:2\r\n");
    let one = card("VERSION:4.0\r\nFN:x\r\nTEL:2\r\n");
    let keys = |card: &ContactCard| {
        card.to_jscontact()["phones"]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<BTreeSet<_>>()
    };
    assert!(keys(&one).is_subset(&keys(&two)) && keys(&two).len() == 2);
}

#[test]
fn what_is_wrong_is_named() {
    for (js, property) in [
        (json!({"emails": {"e": {"address": 1}}}), "emails/e/address"),
        (json!({"emails": {"e/1": {"address": "a"}}}), "emails/e/1"),
        (json!({"phones": []}), "phones"),
        (
            json!({"phones": {"p": {"number": "1", "pref": 101}}}),
            "phones/p/pref",
        ),
        (
            json!({"name": {"components": [{"kind": "given"}]}}),
            "name/components/0/value",
        ),
        (
            json!({"vCardProps": [["x\r\nEND", {}, "text", "a"]]}),
            "vCardProps/0",
        ),
        (
            json!({"vCardProps": [["end", {}, "text", "VCARD"]]}),
            "vCardProps/0",
        ),
        (json!({"updated": "yesterday"}), "updated"),
        (json!({"version": "2.0"}), "version"),
        (json!({"media": {"m": {"kind": "photo"}}}), "media/m/uri"),
    ] {
        match from_jscontact(&object(js)) {
            Err(JsFault::Property { property: said, .. }) => assert_eq!(said, property),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn lines_cannot_be_smuggled_in() {
    let evil = "a\r\nEND:VCARD\r\nX:\u{1}";
    let js = object(
        json!({"uid": "u", "name": {"full": evil}, "links": {"l": {"uri": evil, "mediaType": evil, "label": evil}},
        "titles": {"t": {"name": evil}}, "example.com:x": {"a": evil}, "keywords": {"a\r\nb": true},
        "vCardProps": [["x-a", {"x-b": evil}, "uri", evil]]}),
    );
    let text = from_jscontact(&js).unwrap();
    assert_eq!(text.matches("END:VCARD\r\n").count(), 1, "{text}");
    assert!(ContactCard::read(text.as_bytes()).is_ok());
}

fn words() -> impl Strategy<Value = String> {
    "[a-zA-Zäß ,;:\\\\\"^n/~=-]{1,12}".prop_map(|text| format!("x{}x", text))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What is said comes back, and a change of one entry changes no other.
    #[test]
    fn there_and_back(
        values in proptest::collection::vec((words(), words(), any::<bool>(), 0_usize..6), 1..8),
        other in words(),
    ) {
        let mut js = object(json!({"@type": "Card", "version": "1.0", "uid": "urn:x:1", "name": {"full": "x"}}));
        for (at, (value, label, work, kind)) in values.iter().enumerate() {
            let (key, mut entry) = match kind {
                0 => ("emails", json!({"address": value, "label": label})),
                1 => ("phones", json!({"number": value, "label": label})),
                2 => ("nicknames", json!({"name": value})),
                3 => ("notes", json!({"note": value, "author": {"name": label}})),
                4 => ("organizations", json!({"name": value, "units": [{"name": label}]})),
                _ => ("links", json!({"uri": "urn:x:1", "x.y:z": {"a/b~": value}})),
            };
            if *work && key != "notes" {
                entry["contexts"] = json!({"work": true});
            }
            let map = js.entry(key).or_insert_with(|| json!({}));
            map[format!("i{at}")] = entry;
        }
        let text = from_jscontact(&js).unwrap();
        let card = ContactCard::read(text.as_bytes()).unwrap();
        prop_assert_eq!(Value::Object(card.to_jscontact()), Value::Object(js.clone()), "{}", text);
        js.insert("titles".into(), json!({"t": {"kind": "title", "name": other}}));
        let changed = card.with_jscontact(&js).unwrap();
        for line in text.lines() {
            prop_assert!(changed.contains(line));
        }
        let three = ContactCard::read(card.convert(Version::V3).as_bytes()).unwrap();
        let mut old = three.to_jscontact();
        old.insert("titles".into(), json!({"t": {"kind": "title", "name": other}}));
        let changed = three.with_jscontact(&old).unwrap();
        let again = ContactCard::read(changed.as_bytes()).unwrap();
        prop_assert_eq!(Value::Object(again.to_jscontact()), Value::Object(old), "{}", changed);
    }
}
