use model::PathSegment;
use proptest::prelude::*;

use super::*;

fn anna() -> Address {
    Address::try_from("anna@example.org").unwrap()
}

fn segment(text: &str) -> PathSegment {
    PathSegment::try_from(text).unwrap()
}

#[test]
fn every_place_has_one_path() {
    let (work, object) = (segment("work"), segment("a b.ics"));
    for (target, path) in [
        (Target::Root, "/dav/"),
        (Target::WellKnownCaldav, "/.well-known/caldav"),
        (Target::WellKnownCarddav, "/.well-known/carddav"),
        (Target::Principals, "/dav/principals/"),
        (
            Target::Principal(anna()),
            "/dav/principals/anna%40example.org/",
        ),
        (
            Target::ProxyRead(anna()),
            "/dav/principals/anna%40example.org/calendar-proxy-read/",
        ),
        (
            Target::ProxyWrite(anna()),
            "/dav/principals/anna%40example.org/calendar-proxy-write/",
        ),
        (Target::CalendarHomes, "/dav/calendars/"),
        (
            Target::CalendarHome(anna()),
            "/dav/calendars/anna%40example.org/",
        ),
        (
            Target::Inbox(anna()),
            "/dav/calendars/anna%40example.org/inbox/",
        ),
        (
            Target::InboxObject(anna(), object.clone()),
            "/dav/calendars/anna%40example.org/inbox/a%20b.ics",
        ),
        (
            Target::Outbox(anna()),
            "/dav/calendars/anna%40example.org/outbox/",
        ),
        (
            Target::Notifications(anna()),
            "/dav/calendars/anna%40example.org/notifications/",
        ),
        (
            Target::Notification(anna(), object.clone()),
            "/dav/calendars/anna%40example.org/notifications/a%20b.ics",
        ),
        (
            Target::Calendar(anna(), work.clone()),
            "/dav/calendars/anna%40example.org/work/",
        ),
        (
            Target::CalendarObject(anna(), work.clone(), object.clone()),
            "/dav/calendars/anna%40example.org/work/a%20b.ics",
        ),
        (
            Target::Attachment(anna(), segment("97S"), object.clone()),
            "/dav/attachments/anna%40example.org/97S/a%20b.ics",
        ),
        (Target::AddressBookHomes, "/dav/addressbooks/"),
        (
            Target::AddressBookHome(anna()),
            "/dav/addressbooks/anna%40example.org/",
        ),
        (
            Target::Directory(anna()),
            "/dav/addressbooks/anna%40example.org/directory/",
        ),
        (
            Target::DirectoryCard(anna(), object.clone()),
            "/dav/addressbooks/anna%40example.org/directory/a%20b.ics",
        ),
        (
            Target::AddressBook(anna(), work.clone()),
            "/dav/addressbooks/anna%40example.org/work/",
        ),
        (
            Target::ContactCard(anna(), work.clone(), object.clone()),
            "/dav/addressbooks/anna%40example.org/work/a%20b.ics",
        ),
        (Target::FolderHomes, "/dav/files/"),
        (
            Target::Folder(anna(), vec![]),
            "/dav/files/anna%40example.org/",
        ),
        (
            Target::Folder(anna(), vec![work, object]),
            "/dav/files/anna%40example.org/work/a%20b.ics",
        ),
    ] {
        assert_eq!(target.href(), path);
        assert_eq!(Target::parse(path), Ok(target.clone()), "{path}");
        // A slash more or less does not matter.
        let other = match path.strip_suffix('/') {
            Some(path) => path.to_owned(),
            None => format!("{path}/"),
        };
        assert_eq!(Target::parse(&other), Ok(target), "{other}");
    }
}

#[test]
fn clients_may_encode_in_other_ways() {
    for path in [
        "/dav/principals/anna@example.org/",
        "/dav/principals/ANNA%40Example.ORG",
        "/%64av/principals/%61nna@example%2eorg/",
    ] {
        assert_eq!(Target::parse(path), Ok(Target::Principal(anna())), "{path}");
    }
    let card = Target::ContactCard(anna(), segment("contacts"), segment("Gr\u{fc}n.vcf"));
    for path in ["Gr%c3%bcn.vcf", "Gr\u{fc}n.vcf"] {
        let path = format!("/dav/addressbooks/anna@example.org/contacts/{path}");
        assert_eq!(Target::parse(&path), Ok(card.clone()));
    }
    assert_eq!(
        Target::parse_href("https://h/dav/?x=1", "H:443"),
        Ok(Target::Root)
    );
    let folder = Target::Folder(anna(), vec![segment("x")]);
    assert_eq!(folder.folder_href(), "/dav/files/anna%40example.org/x/");
}

#[test]
fn odd_paths_are_refused() {
    for path in [
        "",
        "dav/",
        "//dav/",
        "/dav//principals/",
        "/dav/./principals/",
        "/dav/files/a%40b/../c",
        "/dav/files/a%40b/%2e%2e/c",
        "/dav/files/a%40b/x%2Fy",
        "/dav/files/a%40b/x%00y",
        "/dav/files/a%40b/x%0ay",
        "/dav/files/a%40b/%7f",
        "/dav/files/a%40b/%ff",
        "/dav/files/a%40b/%",
        "/dav/files/a%40b/%4",
        "/dav/files/a%40b/%+4",
        "/dav/files/a%40b/%zz",
        "/dav/files/a%40b/%\u{fc}",
    ] {
        assert!(
            matches!(Target::parse(path), Err(Fault::Href(_))),
            "{path}: {:?}",
            Target::parse(path)
        );
    }
    for path in [
        "/",
        "//",
        "/index.html",
        "/dav/other/",
        "/dav/principals/anna/",
        "/dav/principals/@example.org/",
        "/dav/principals/a%20b@example.org/",
        "/dav/principals/a@b/c/",
        "/dav/calendars/a@b/outbox/x",
        "/dav/calendars/a@b/c/d/e",
        "/dav/attachments/a@b/c",
    ] {
        assert_eq!(Target::parse(path), Err(Fault::Outside), "{path}");
    }
    let long = "x".repeat(model::SEGMENT_OCTETS_MAX);
    assert!(Target::parse(&format!("/dav/files/a@b/{long}")).is_ok());
    assert!(Target::parse(&format!("/dav/files/a@b/{long}x")).is_err());
    let deep = "/x".repeat(FOLDER_DEPTH_MAX);
    assert!(Target::parse(&format!("/dav/files/a@b{deep}")).is_ok());
    assert!(Target::parse(&format!("/dav/files/a@b{deep}/x")).is_err());
    let endless = "/".repeat(PATH_OCTETS_MAX + 1);
    assert!(Target::parse(&endless).is_err());
}

proptest! {
    #[test]
    fn names_survive_encoding(
        address in "[^/\\s\\p{C}@]{1,20}@[a-z.]{1,20}",
        names in prop::collection::vec("[^/\\p{C}]{1,40}", 0..6),
    ) {
        let address = Address::try_from(address.as_str()).unwrap();
        let names: Vec<_> = names
            .iter()
            .filter_map(|name| PathSegment::try_from(name.as_str()).ok())
            .collect();
        let folder = Target::Folder(address.clone(), names.clone());
        prop_assert_eq!(Target::parse(&folder.href()), Ok(folder.clone()));
        prop_assert_eq!(Target::parse(&folder.folder_href()), Ok(folder));
        if let [collection, object, ..] = names.as_slice() {
            let reserved = Target::RESERVED_CALENDAR_NAMES;
            prop_assume!(!reserved.contains(&collection.as_str()));
            let event = Target::CalendarObject(address, collection.clone(), object.clone());
            prop_assert!(event.href().is_ascii());
            prop_assert_eq!(Target::parse(&event.href()), Ok(event));
        }
    }

    #[test]
    fn nothing_panics(path in "/dav/(files|calendars)/\\PC{0,40}") {
        let _ = Target::parse(&path);
    }
}
