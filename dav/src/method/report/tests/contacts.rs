//! addressbook-query and addressbook-multiget as clients send them.

use model::CollectionKind;

use super::world::{World, card};

const BOOK: &str = "/dav/addressbooks/anna%40example.org/contacts/";
const DIRECTORY: &str = "/dav/addressbooks/anna%40example.org/directory/";

async fn book() -> World {
    let world = World::new().await;
    for (name, version, lines) in [
        (
            "old",
            "3.0",
            "FN:Zoë Old\nN:Old;Zoë;;;\nEMAIL;TYPE=HOME:zoe@old.example\nTEL:+49 30 1",
        ),
        (
            "new",
            "4.0",
            "FN:Nora New\nN:New;Nora;;;\nEMAIL:nora@new.example\nKIND:individual",
        ),
        (
            "third",
            "4.0",
            "FN:Tim Third\nN:Third;Tim;;;\nNICKNAME:Nora",
        ),
    ] {
        let kind = CollectionKind::AddressBook;
        let body = card(name, version, lines);
        world
            .put(world.anna, kind, &format!("{name}.vcf"), &body)
            .await;
    }
    world
}

fn query(prop: &str, filter: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="utf-8"?>
        <C:addressbook-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">
        <D:prop>{prop}</D:prop>{filter}</C:addressbook-query>"#
    )
}

/// Contacts.app of macOS looks for what somebody types.
fn typed(word: &str) -> String {
    let like = |name: &str| {
        format!(
            r#"<C:prop-filter name="{name}"><C:text-match collation="i;unicode-casemap"
            match-type="contains">{word}</C:text-match></C:prop-filter>"#
        )
    };
    let all = ["FN", "EMAIL", "NICKNAME"].map(like).concat();
    format!(r#"<C:filter test="anyof">{all}</C:filter>"#)
}

#[tokio::test]
async fn what_somebody_types_is_found() {
    let world = book().await;
    let found = async |word: &str| {
        let said = world
            .report(world.anna, BOOK, &query("<D:getetag/>", &typed(word)))
            .await;
        assert_eq!(said.status, 207, "{}", said.body);
        said.names().join(" ")
    };
    assert_eq!(found("NORA").await, "new.vcf third.vcf");
    assert_eq!(found("zoË").await, "old.vcf");
    assert_eq!(found("nobody").await, "");
}

#[tokio::test]
async fn a_limit_leaves_out_and_says_so() {
    let world = book().await;
    let filter = r#"<C:filter/><C:limit><C:nresults>2</C:nresults></C:limit>"#;
    let said = world
        .report(world.anna, BOOK, &query("<D:getetag/>", filter))
        .await;
    assert_eq!(
        said.names(),
        ["new.vcf", "old.vcf", "contacts"],
        "{}",
        said.body
    );
    let rest = said.about(BOOK).unwrap();
    assert!(
        rest.contains("507") && rest.contains("number-of-matches-within-limits"),
        "{rest}"
    );
    let filter = filter.replace('2', "3");
    let said = world
        .report(world.anna, BOOK, &query("<D:getetag/>", &filter))
        .await;
    assert_eq!(said.names().len(), 3, "{}", said.body);
}

#[tokio::test]
async fn cards_come_in_the_version_that_is_asked_for() {
    let world = book().await;
    let asked = async |data: &str, name: &str| {
        let said = world
            .report(world.anna, BOOK, &query(data, "<C:filter/>"))
            .await;
        said.about(&format!("{BOOK}{name}.vcf")).unwrap().to_owned()
    };
    // RFC 6352 10.4: 3.0 where nothing is said.
    assert!(
        asked("<C:address-data/>", "old")
            .await
            .contains("VERSION:3.0")
    );
    let plain = asked("<C:address-data/>", "new").await;
    assert!(
        plain.contains("VERSION:3.0") && plain.contains("nora@new.example"),
        "{plain}"
    );
    let four = r#"<C:address-data content-type="text/vcard" version="4.0"/>"#;
    assert!(asked(four, "new").await.contains("KIND:individual"));
    let upgraded = asked(four, "old").await;
    assert!(
        upgraded.contains("VERSION:4.0") && upgraded.contains("zoe@old.example"),
        "{upgraded}"
    );
    // A part of each.
    let part = r#"<C:address-data><C:prop name="VERSION"/><C:prop name="EMAIL"/></C:address-data>"#;
    let part = asked(part, "old").await;
    assert!(
        part.contains("EMAIL") && !part.contains("TEL") && !part.contains("FN:"),
        "{part}"
    );
    // Neither JSON nor a version that never was.
    for wrong in [
        r#"<C:address-data content-type="application/vcard+json"/>"#,
        r#"<C:address-data content-type="text/vcard" version="5.0"/>"#,
    ] {
        let said = world
            .report(world.anna, BOOK, &query(wrong, "<C:filter/>"))
            .await;
        assert!(
            said.body.contains("supported-address-data"),
            "{}",
            said.body
        );
    }
}

#[tokio::test]
async fn a_card_in_its_own_version_is_byte_for_byte_as_stored() {
    let world = book().await;
    // Evolution and vdirsyncer ask so.
    let body = format!(
        r#"<?xml version="1.0" encoding="utf-8" ?>
        <C:addressbook-multiget xmlns="DAV:" xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">
        <D:prop><D:getetag/><C:address-data/></D:prop>
        <D:href>{BOOK}old.vcf</D:href><D:href>{BOOK}none.vcf</D:href>
        </C:addressbook-multiget>"#
    );
    let said = world.report(world.anna, BOOK, &body).await;
    let old = said.about(&format!("{BOOK}old.vcf")).unwrap();
    let stored = card(
        "old",
        "3.0",
        "FN:Zoë Old\nN:Old;Zoë;;;\nEMAIL;TYPE=HOME:zoe@old.example\nTEL:+49 30 1",
    );
    assert!(
        old.contains(&stored) || old.contains(&stored.replace('\r', "&#13;")),
        "{old}"
    );
    let none = said.about(&format!("{BOOK}none.vcf")).unwrap();
    assert!(none.contains("404") && !none.contains("propstat"), "{none}");
}

#[tokio::test]
async fn a_query_finds_its_place() {
    let world = book().await;
    let body = query("<D:getetag/>", &typed("nora"));
    let said = world
        .report(world.anna, &format!("{BOOK}new.vcf"), &body)
        .await;
    assert_eq!(said.names(), ["new.vcf"]);
    let said = world
        .report(world.anna, &format!("{BOOK}old.vcf"), &body)
        .await;
    assert_eq!((said.status, said.names().len()), (207, 0));
    let calendar = "/dav/calendars/anna%40example.org/calendar/";
    let said = world.report(world.anna, calendar, &body).await;
    assert!(said.body.contains("supported-report"), "{}", said.body);
}

#[tokio::test]
async fn the_directory_is_searched_and_read() {
    let world = book().await;
    let data = r#"<D:getetag/><C:address-data content-type="text/vcard" version="4.0"/>"#;
    let said = world
        .report(world.anna, DIRECTORY, &query(data, &typed("bert")))
        .await;
    assert_eq!(said.paths().len(), 1, "{}", said.body);
    assert!(said.body.contains("FN:Bert Busch"), "{}", said.body);
    let path = said.paths()[0];
    assert!(path.starts_with(DIRECTORY));
    let body = format!(
        r#"<C:addressbook-multiget xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav">
        <D:prop><D:getetag/><C:address-data/></D:prop>
        <D:href>{path}</D:href><D:href>{DIRECTORY}4711.vcf</D:href></C:addressbook-multiget>"#
    );
    let said = world.report(world.anna, DIRECTORY, &body).await;
    assert!(
        said.about(path).unwrap().contains("FN:Bert Busch"),
        "{}",
        said.body
    );
    assert!(
        said.about(path).unwrap().contains("VERSION:3.0"),
        "{}",
        said.body
    );
    assert!(
        said.about(&format!("{DIRECTORY}4711.vcf"))
            .unwrap()
            .contains("404")
    );
}
