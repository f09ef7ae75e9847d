use super::*;

fn read(version: &str, body: &str) -> ContactCard {
    let text = format!("BEGIN:VCARD\r\nVERSION:{version}\r\n{body}END:VCARD\r\n");
    ContactCard::read(text.as_bytes()).unwrap()
}

/// The body of the card in that version, unfolded.
fn body(card: &ContactCard, to: Version) -> String {
    let text = card.convert(to);
    ContactCard::read(text.as_bytes()).unwrap();
    let text = text.replace("\r\n ", "");
    let inner = text.strip_prefix("BEGIN:VCARD\r\nVERSION:").unwrap();
    inner[5..].strip_suffix("END:VCARD\r\n").unwrap().to_owned()
}

/// Lines of 3.0 and of 4.0 that become one another.
#[test]
fn both_ways() {
    let pairs = [
        (
            "EMAIL;TYPE=HOME,pref:a@b.org",
            "EMAIL;TYPE=HOME;PREF=1:a@b.org",
        ),
        ("TEL;TYPE=WORK,VOICE:+1 905", "TEL;TYPE=WORK,VOICE:+1 905"),
        ("BDAY:1980-03-22", "BDAY:19800322"),
        (
            "BDAY;VALUE=date-time:1980-03-22T01:02:03Z",
            "BDAY:19800322T010203Z",
        ),
        (
            "BDAY;X-APPLE-OMIT-YEAR=1604;VALUE=date:1604-04-15",
            "BDAY:--0415",
        ),
        ("BDAY;VALUE=text:circa 1800", "BDAY;VALUE=text:circa 1800"),
        ("REV:2012-03-05T13:32:54Z", "REV:20120305T133254Z"),
        ("GEO:37.38;-122.08", "GEO:geo:37.38,-122.08"),
        ("TZ:-05:00", "TZ;VALUE=utc-offset:-0500"),
        ("UID:abc", "UID;VALUE=text:abc"),
        ("UID:urn:uuid:1", "UID:urn:uuid:1"),
        ("X-ADDRESSBOOKSERVER-KIND:group", "KIND:group"),
        ("X-ADDRESSBOOKSERVER-MEMBER:urn:uuid:1", "MEMBER:urn:uuid:1"),
        ("X-ABShowAs:COMPANY", "KIND:org"),
        ("X-GENDER:M", "GENDER:M"),
        ("CLASS:PRIVATE", "X-CLASS:PRIVATE"),
        (
            "PHOTO;ENCODING=b;TYPE=JPEG:/9j/",
            "PHOTO:data:image/jpeg;base64,/9j/",
        ),
        (
            "ADR;TYPE=home:;;Way 1;Town;;;\r\nLABEL;TYPE=home:Way 1\\nTown",
            "ADR;TYPE=home;LABEL=Way 1^nTown:;;Way 1;Town;;;",
        ),
        (
            "item1.URL:http://x.org/a,b\r\nitem1.X-ABLabel:_$!<HomePage>!$_",
            "item1.URL:http://x.org/a,b\r\nitem1.X-ABLabel:_$!<HomePage>!$_",
        ),
        (
            "item1.X-ABDATE:1975-03-01\r\nitem1.X-ABLabel:_$!<Anniversary>!$_",
            "ANNIVERSARY:19750301",
        ),
        (
            "item1.X-ABRELATEDNAMES:Jenny\r\nitem1.X-ABLabel:_$!<Spouse>!$_",
            "RELATED;TYPE=spouse;VALUE=text:Jenny",
        ),
    ];
    for (three, four) in pairs {
        let head = "FN:J\r\nN:J;;;;\r\n";
        let old = read("3.0", &format!("{head}{three}\r\n"));
        assert_eq!(body(&old, Version::V4), format!("{head}{four}\r\n"));
        let new = read("4.0", &format!("{head}{four}\r\n"));
        assert_eq!(body(&new, Version::V3), format!("{head}{three}\r\n"));
    }
}

/// What becomes something of 4.0, but not the same again.
#[test]
fn from_three_only() {
    let pairs = [
        (
            "EMAIL;type=INTERNET;type=WORK;type=pref:a@b.org",
            "EMAIL;TYPE=WORK;PREF=1:a@b.org",
        ),
        ("URL:http\\://www.ibm.com", "URL:http://www.ibm.com"),
        (
            "NOTE;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:a=0D=0Ab,c",
            "NOTE:a\\nb\\,c",
        ),
        ("ORG;ENCODING=QUOTED-PRINTABLE:=C3=BC=2C;b", "ORG:ü\\,;b"),
        (
            "AGENT;VALUE=uri:http://x.org/a.vcf",
            "RELATED;TYPE=agent:http://x.org/a.vcf",
        ),
        ("TEL;TYPE=cell;VALUE=URI:67545678", "TEL;TYPE=cell:67545678"),
        (
            "LABEL;TYPE=work,postal:Way 1",
            "ADR;TYPE=work;LABEL=Way 1:;;;;;;",
        ),
        ("REV:2012-03-05", "REV:20120305T000000Z"),
        ("BDAY:70-7-14", "BDAY;VALUE=text:70-7-14"),
        ("X-EVOLUTION-ANNIVERSARY:1980-03-22", "ANNIVERSARY:19800322"),
    ];
    for (three, four) in pairs {
        let old = read("3.0", &format!("FN:J\r\n{three}\r\n"));
        assert_eq!(body(&old, Version::V4), format!("FN:J\r\n{four}\r\n"));
    }
    let sorted = read(
        "3.0",
        "FN:R\r\nN:van der Harten;Rene;J.;;\r\nSORT-STRING:Harten\r\n",
    );
    assert_eq!(
        body(&sorted, Version::V4),
        "FN:R\r\nN;SORT-AS=Harten:van der Harten;Rene;J.;;\r\n"
    );
    assert!(
        body(&read("3.0", "N:Jones;Mike;;;\r\n"), Version::V4).starts_with("FN:Mike Jones\r\n")
    );
    assert!(body(&read("3.0", "FN:\r\nORG:ACME\r\n"), Version::V4).starts_with("FN:ACME\r\nORG"));
}

/// What becomes something of 3.0, but not the same again.
#[test]
fn from_four_only() {
    let pairs = [
        (
            "TEL;VALUE=uri;PREF=1;TYPE=\"voice,home\":tel:+1-555-555-5555;ext=5555",
            "TEL;TYPE=voice,home,pref:+1-555-555-5555 ext. 5555",
        ),
        (
            "EMAIL;PREF=2:a@b.org\r\nEMAIL;PREF=1;PID=1.1:c@d.org\r\nCLIENTPIDMAP:1;urn:x:y",
            "EMAIL:a@b.org\r\nEMAIL;TYPE=pref:c@d.org",
        ),
        ("N;ALTID=1;LANGUAGE=jp:b;;;;", ""),
        ("FN;PREF=2:Other", "X-FN:Other"),
        ("BDAY:1985-04", "BDAY;VALUE=text:1985-04"),
        ("NOTE;X-A=\"q^'^n;\":n", "NOTE;X-A=\"q' ;\":n"),
        (
            "RELATED;TYPE=friend:urn:uuid:1",
            "RELATED;TYPE=friend:urn:uuid:1",
        ),
    ];
    for (four, three) in pairs {
        let new = read("4.0", &format!("FN;PREF=1:J\r\nN:J;;;;\r\n{four}\r\n"));
        let end = if three.is_empty() { "" } else { "\r\n" };
        assert_eq!(
            body(&new, Version::V3),
            format!("FN;TYPE=pref:J\r\nN:J;;;;\r\n{three}{end}")
        );
    }
    assert_eq!(
        body(&read("4.0", "FN:The Team\r\n"), Version::V3),
        "FN:The Team\r\nN:The Team;;;;\r\n"
    );
}

#[test]
fn the_same_version_stays_word_for_word() {
    let text = "begin:vcard\nversion:3.0\nfn:a\nX-odd;y:\\q\nend:vcard";
    let card = ContactCard::read(text.as_bytes()).unwrap();
    assert_eq!(card.convert(Version::V3), text);
}

#[test]
fn quoted_printable_is_left_to_nobody() {
    let card = read(
        "4.0",
        "FN:J\r\nN;ENCODING=QUOTED-PRINTABLE:=C3=BC=3B;b=\r\n\r\n",
    );
    assert_eq!(body(&card, Version::V3), "FN:J\r\nN:ü;;b=\r\n");
}

/// Cards of the worst shapes within the bounds are converted in a time that grows with their size, not with its square.
#[test]
fn no_shape_of_a_card_is_slow() {
    let shapes = [
        "N:a;b\r\n",
        "ORG;SORT-AS=a:b\r\n",
        "FN:x\r\n",
        "LABEL;TYPE=home:x\r\nADR;TYPE=work:;;a\r\n",
        "X-ANNIVERSARY:1980-01-01\r\n",
        "X-ADDRESSBOOKSERVER-KIND:group\r\n",
        "RELATED;TYPE=spouse;VALUE=text:x\r\n",
        "ANNIVERSARY:19800101\r\n",
        "EMAIL;PREF=1:a@b\r\n",
    ];
    for shape in shapes {
        let lines = shape.matches('\n').count();
        for version in ["3.0", "4.0"] {
            let card = read(
                version,
                &format!("TEL:1\r\n{}", shape.repeat(15_000 / lines)),
            );
            assert!(card.convert(Version::V3).ends_with("END:VCARD\r\n"));
            assert!(card.convert(Version::V4).ends_with("END:VCARD\r\n"));
            assert!(card.summary().members.is_empty());
        }
    }
}

#[test]
fn a_great_picture_is_carried() {
    let lines = format!(" {}\r\n", "A".repeat(72)).repeat(100_000);
    let card = read(
        "3.0",
        &format!("FN:J\r\nPHOTO;ENCODING=b;TYPE=JPEG:\r\n{lines}"),
    );
    let four = ContactCard::read(card.convert(Version::V4).as_bytes()).unwrap();
    assert_eq!(
        four.best("PHOTO").unwrap().value().len(),
        "data:image/jpeg;base64,".len() + 7_200_000
    );
}
