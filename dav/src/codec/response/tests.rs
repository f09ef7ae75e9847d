use proptest::prelude::*;

use super::*;
use crate::codec::xml::{BodyLimits, Element};
use crate::codec::{Condition, Namespace, Precondition, Property, PropertyName, Status, Tag};

fn read(body: &[u8]) -> Element {
    let text = String::from_utf8_lossy(body);
    Element::parse(body, BodyLimits::REPORT).unwrap_or_else(|fault| panic!("{fault}: {text}"))
}

/// The propstats of a response: status and names.
fn propstats(response: &Element) -> Vec<(String, Vec<String>)> {
    let all = response
        .elements()
        .filter(|element| element.is_dav("propstat"));
    all.map(|propstat| {
        let prop = propstat.dav("prop").unwrap();
        let names = prop
            .elements()
            .map(|element| element.property_name().to_string());
        (propstat.dav("status").unwrap().word(), names.collect())
    })
    .collect()
}

#[test]
fn properties_are_grouped_by_status() {
    let mut all = Multistatus::default();
    let mut response = all.response("/dav/a%20b/");
    response.missing(Property::GetCtag);
    response.text(Property::DisplayName, "a < b & \"c\"");
    response.failed(
        Property::GetEtag,
        Status::FORBIDDEN,
        Some(Precondition::CannotModifyProtectedProperty.into()),
    );
    response.value(Property::ResourceType, |xml| {
        xml.resource_types(&[ResourceType::Collection, ResourceType::Calendar]);
    });
    response.missing(PropertyName::parse("{urn:x&y}odd").unwrap());
    response.missing(PropertyName::parse("{}none").unwrap());
    response.xml("<odd xmlns=\"urn:z\">kept</odd>");
    response.end();
    all.response("/dav/empty/").end();
    all.status("/dav/gone.ics", Status::NOT_FOUND, None);
    all.sync_token("urn:wachpost:1:7");
    let root = read(&all.finish());
    assert!(root.is_dav("multistatus"));
    let responses: Vec<_> = root.elements().collect();
    assert_eq!(responses.len(), 4);
    assert_eq!(responses[0].dav("href").unwrap().word(), "/dav/a%20b/");
    assert_eq!(
        propstats(responses[0]),
        [
            (
                "HTTP/1.1 200 OK".to_owned(),
                vec![
                    "{DAV:}displayname".to_owned(),
                    "{DAV:}resourcetype".to_owned(),
                    "{urn:z}odd".to_owned()
                ]
            ),
            (
                "HTTP/1.1 404 Not Found".to_owned(),
                vec![
                    "{http://calendarserver.org/ns/}getctag".to_owned(),
                    "{urn:x&y}odd".to_owned(),
                    "{}none".to_owned()
                ]
            ),
            (
                "HTTP/1.1 403 Forbidden".to_owned(),
                vec!["{DAV:}getetag".to_owned()]
            ),
        ]
    );
    let found = responses[0].dav("propstat").unwrap().dav("prop").unwrap();
    assert_eq!(found.dav("displayname").unwrap().text(), "a < b & \"c\"");
    let kinds = found.dav("resourcetype").unwrap();
    assert!(kinds.child(&Namespace::CalDav, "calendar").is_some());
    assert_eq!(
        propstats(responses[1]),
        [("HTTP/1.1 200 OK".to_owned(), vec![])]
    );
    assert!(responses[2].dav("propstat").is_none());
    assert_eq!(
        responses[2].dav("status").unwrap().word(),
        "HTTP/1.1 404 Not Found"
    );
    assert_eq!(responses[3].word(), "urn:wachpost:1:7");
}

#[test]
fn an_answer_can_be_sent_while_it_is_written() {
    let mut all = Multistatus::default();
    let mut sent = Vec::new();
    for number in 0..100 {
        let mut response = all.response("/dav/");
        response.number(Property::GetContentLength, number);
        response.end();
        sent.extend(all.take());
        assert!(all.is_empty());
    }
    sent.extend(all.finish());
    assert_eq!(read(&sent).elements().count(), 100);
}

#[test]
fn stored_text_comes_out_octet_for_octet() {
    let ics = "BEGIN:VCALENDAR\r\nSUMMARY:<&> ]]> \u{fc}\u{ff21}\u{1f600}\tx\r\nEND:VCALENDAR\r\n";
    let mut all = Multistatus::default();
    all.response("/")
        .bytes(Property::CalendarData, ics.as_bytes());
    let root = read(&all.finish());
    let prop = root.dav("response").unwrap().dav("propstat").unwrap();
    let data = prop.dav("prop").unwrap().elements().next().unwrap();
    assert_eq!(data.text(), ics);

    // What XML cannot say.
    let mut all = Multistatus::default();
    all.response("/")
        .bytes(Property::CalendarData, b"a\x00\x0b\xff\xef\xbf\xbeb\xef");
    let root = read(&all.finish());
    let prop = root.dav("response").unwrap().dav("propstat").unwrap();
    let data = prop.dav("prop").unwrap().elements().next().unwrap();
    assert_eq!(data.text(), "a\u{fffd}\u{fffd}\u{fffd}\u{fffd}b\u{fffd}");
}

#[test]
fn errors_name_what_does_not_hold() {
    let body = error_body(&Precondition::ValidCalendarData.into());
    let root = read(&body);
    assert!(root.is_dav("error"));
    assert!(
        root.child(&Namespace::CalDav, "valid-calendar-data")
            .is_some()
    );

    let hrefs = vec!["/dav/x.ics".to_owned()];
    let root = read(&error_body(&Condition::Hrefs(
        Precondition::NoUidConflict,
        hrefs,
    )));
    let conflict = root.child(&Namespace::CalDav, "no-uid-conflict").unwrap();
    assert_eq!(conflict.dav("href").unwrap().word(), "/dav/x.ics");

    let missing = vec![("/dav/".to_owned(), Privilege::Bind.tag())];
    let root = read(&error_body(&Condition::NeedPrivileges(missing)));
    let resource = root
        .dav("need-privileges")
        .unwrap()
        .dav("resource")
        .unwrap();
    assert!(resource.dav("privilege").unwrap().dav("bind").is_some());
}

#[test]
fn locks_are_shown() {
    let lock = ActiveLock {
        scope: LockScope::Exclusive,
        infinite_depth: true,
        owner: Some("<owner xmlns=\"DAV:\">anna</owner>".to_owned()),
        timeout_seconds: Some(3600),
        token: Some("urn:uuid:7".to_owned()),
        root: "/dav/files/a%40b/".to_owned(),
    };
    let root = read(&lock_body(&[lock]));
    let lock = root
        .dav("lockdiscovery")
        .unwrap()
        .dav("activelock")
        .unwrap();
    assert_eq!(lock.dav("depth").unwrap().word(), "infinity");
    assert_eq!(lock.dav("owner").unwrap().word(), "anna");
    assert_eq!(lock.dav("timeout").unwrap().word(), "Second-3600");
    assert_eq!(
        lock.dav("locktoken").unwrap().dav("href").unwrap().word(),
        "urn:uuid:7"
    );
    assert!(lock.dav("lockscope").unwrap().dav("exclusive").is_some());
}

#[test]
fn free_busy_times_are_answered_for_each_recipient() {
    let body = schedule_body(&[
        RecipientAnswer {
            recipient: "mailto:anna@example.org",
            request_status: "2.0;Success",
            calendar_data: Some(b"BEGIN:VCALENDAR\r\n"),
        },
        RecipientAnswer {
            recipient: "mailto:x@example.org",
            request_status: "3.7;Invalid calendar user",
            calendar_data: None,
        },
    ]);
    let root = read(&body);
    assert!(root.is(&Namespace::CalDav, "schedule-response"));
    let space = &Namespace::CalDav;
    let answers: Vec<_> = root.elements().collect();
    let data = answers[0].child(space, "calendar-data").unwrap();
    assert_eq!(data.text(), "BEGIN:VCALENDAR\r\n");
    let status = answers[1].child(space, "request-status").unwrap();
    assert_eq!(status.word(), "3.7;Invalid calendar user");
}

#[test]
fn a_collection_that_was_not_made_says_why() {
    let root = Tag::dav("mkcol-response");
    let failed = vec![
        (
            Status::FORBIDDEN,
            PropertyName::Known(Property::ResourceType),
            Some(Precondition::ValidResourceType.into()),
        ),
        (
            Status::FAILED_DEPENDENCY,
            PropertyName::Known(Property::DisplayName),
            None,
        ),
    ];
    let root = read(&mkcol_body(&root, failed));
    assert!(root.is_dav("mkcol-response"));
    assert_eq!(propstats(&root).len(), 2);
    let error = root.dav("propstat").unwrap().dav("error").unwrap();
    assert!(error.dav("valid-resourcetype").is_some());
}

#[test]
fn every_live_value_is_well_formed() {
    let mut all = Multistatus::default();
    let mut response = all.response("/");
    response.value(Property::SupportedReportSet, |xml| {
        xml.reports(&crate::codec::report::Report::TAGS);
    });
    response.value(Property::CurrentUserPrivilegeSet, |xml| {
        xml.privileges(Privilege::ALL)
    });
    let read_node = PrivilegeNode {
        privilege: Privilege::Read,
        is_abstract: true,
        contains: vec![],
    };
    let all_node = PrivilegeNode {
        privilege: Privilege::All,
        is_abstract: false,
        contains: vec![read_node],
    };
    response.value(Property::SupportedPrivilegeSet, |xml| {
        xml.supported_privileges(&[all_node])
    });
    let ace = |principal| Ace {
        principal,
        privileges: vec![Privilege::Read],
        protected: true,
        inherited: Some("/dav/".to_owned()),
    };
    response.value(Property::Acl, |xml| {
        xml.acl(&[
            ace(AcePrincipal::Href("/x".to_owned())),
            ace(AcePrincipal::All),
            ace(AcePrincipal::Authenticated),
            ace(AcePrincipal::Unauthenticated),
            ace(AcePrincipal::This),
            ace(AcePrincipal::Property(Property::Owner.into())),
        ]);
    });
    response.value(Property::AclRestrictions, XmlWriter::acl_restrictions);
    response.value(Property::SupportedCalendarComponentSet, |xml| {
        xml.components(&["VEVENT"])
    });
    response.value(
        Property::SupportedCalendarData,
        XmlWriter::calendar_data_types,
    );
    response.value(Property::SupportedAddressData, |xml| {
        xml.address_data_types(&["3.0", "4.0"])
    });
    response.value(Property::SupportedCollationSet, |xml| {
        xml.collations(Namespace::CalDav, &["i;octet"]);
    });
    response.value(Property::ScheduleCalendarTransp, |xml| {
        xml.transparency(false)
    });
    response.value(Property::SupportedLock, XmlWriter::supported_locks);
    let sharee = Sharee {
        href: "mailto:x@example.org",
        principal: Some("/dav/principals/x%40example.org/"),
        name: Some("X & Y"),
        access: crate::codec::request::ShareAccess::ReadWrite,
        state: InviteState::Accepted,
    };
    response.value(Property::CalendarServerInvite, |xml| {
        xml.calendar_server_invite(
            ("/dav/principals/a%40b/", "A"),
            std::slice::from_ref(&sharee),
        );
    });
    response.value(Property::Invite, |xml| xml.dav_invite(&[sharee]));
    response.value(Property::AllowedSharingModes, XmlWriter::sharing_modes);
    response.http_date(Property::GetLastModified, 0);
    response.date(Property::CreationDate, 0);
    response.hrefs(Property::CalendarHomeSet, ["/a", "/b"]);
    response.href(Property::Owner, "/c");
    response.empty(PropertyName::parse("{http://owncloud.org/ns}id").unwrap());
    response.end();
    let root = read(&all.finish());
    assert_eq!(propstats(root.dav("response").unwrap())[0].1.len(), 19);
    let search = principal_search_properties(&[(Property::DisplayName, "Name")]);
    assert!(read(&search).is_dav("principal-search-property-set"));
}

proptest! {
    #[test]
    fn any_octets_make_a_well_formed_answer(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut all = Multistatus::default();
        all.response("/").bytes(Property::AddressData, &octets);
        read(&all.finish());
    }

    #[test]
    fn text_arrives_as_it_was(text in "[\\PC\r\n\t]{0,60}") {
        let mut all = Multistatus::default();
        all.response("/").text(Property::DisplayName, &text);
        let root = read(&all.finish());
        let prop = root.dav("response").unwrap().dav("propstat").unwrap().dav("prop").unwrap();
        prop_assert_eq!(prop.dav("displayname").unwrap().text(), text);
    }
}
