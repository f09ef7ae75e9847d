use super::*;
use crate::codec::response::{AcePrincipal, LockScope, Privilege, ResourceType};
use crate::codec::{Fault, Precondition, Property, PropertyName};

fn names(selection: &Selection) -> Vec<String> {
    match selection {
        Selection::Properties { names, .. } => names.iter().map(ToString::to_string).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn macos_asks_for_the_home() {
    // As accountsd sends it on set-up.
    let body = br#"<?xml version="1.0" encoding="UTF-8"?>
<A:propfind xmlns:A="DAV:">
  <A:prop>
    <B:calendar-home-set xmlns:B="urn:ietf:params:xml:ns:caldav"/>
    <B:calendar-user-address-set xmlns:B="urn:ietf:params:xml:ns:caldav"/>
    <A:current-user-principal/>
    <A:displayname/>
    <C:dropbox-home-URL xmlns:C="http://calendarserver.org/ns/"/>
    <C:email-address-set xmlns:C="http://calendarserver.org/ns/"/>
    <B:schedule-inbox-URL xmlns:B="urn:ietf:params:xml:ns:caldav"/>
    <A:supported-report-set/>
    <D:calendar-color xmlns:D="http://apple.com/ns/ical/"/>
    <E:bulk-requests xmlns:E="http://me.com/_namespace/"/>
    <A:displayname/>
  </A:prop>
</A:propfind>"#;
    let Selection::Properties { names, .. } = Propfind::parse(body).unwrap().selection else {
        panic!("properties are asked for");
    };
    let known: Vec<_> = names.iter().map(|name| name.known().unwrap()).collect();
    assert_eq!(
        known,
        [
            Property::CalendarHomeSet,
            Property::CalendarUserAddressSet,
            Property::CurrentUserPrincipal,
            Property::DisplayName,
            Property::DropboxHomeUrl,
            Property::EmailAddressSet,
            Property::ScheduleInboxUrl,
            Property::SupportedReportSet,
            Property::CalendarColor,
            Property::BulkRequests,
        ]
    );
}

#[test]
fn propfind_has_three_forms_and_one_without_words() {
    assert_eq!(
        Propfind::parse(b"").unwrap().selection,
        Selection::All { include: vec![] }
    );
    let all = Propfind::parse(
        b"<D:propfind xmlns:D='DAV:'><D:allprop/><D:include><D:acl/></D:include></D:propfind>",
    );
    let include = vec![PropertyName::Known(Property::Acl)];
    assert_eq!(all.unwrap().selection, Selection::All { include });
    let only = Propfind::parse(b"<propfind xmlns='DAV:'><propname/></propfind>");
    assert_eq!(only.unwrap().selection, Selection::Names);
    // litmus propfind_invalid, propfind_invalid2 and friends.
    for body in [
        "<D:propfind xmlns:D='DAV:'>",
        r#"<D:propfind xmlns:D="DAV:"><D:prop><bar:foo xmlns:bar=""/></D:prop></D:propfind>"#,
        "<D:propfind xmlns:D='DAV:'/>",
        "<D:propfind xmlns:D='DAV:'><D:prop/><D:allprop/></D:propfind>",
        "<D:prop xmlns:D='DAV:'/>",
        "<propfind><prop/></propfind>",
    ] {
        let fault = Propfind::parse(body.as_bytes()).expect_err(body);
        assert_eq!(fault.status().0, 400, "{body}");
    }
}

#[test]
fn litmus_sets_and_removes_in_order() {
    let body = br#"<?xml version="1.0" encoding="utf-8" ?>
<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><prop0 xmlns="http://example.com/neon/litmus/">value0</prop0></D:prop></D:set>
<D:remove><D:prop><prop0 xmlns="http://example.com/neon/litmus/"/></D:prop></D:remove>
<D:set><D:prop><nonamespace xmlns="">randomvalue</nonamespace><high-unicode xmlns="http://example.com/neon/litmus/">&#65536;</high-unicode></D:prop></D:set></D:propertyupdate>"#;
    let changes = Proppatch::parse(body).unwrap().changes;
    let shown: Vec<_> = changes
        .iter()
        .map(|change| match change {
            PropertyChange::Set(value) => format!("{} = {}", value.name(), value.text().unwrap()),
            PropertyChange::Remove(name) => format!("no {name}"),
        })
        .collect();
    assert_eq!(
        shown,
        [
            "{http://example.com/neon/litmus/}prop0 = value0",
            "no {http://example.com/neon/litmus/}prop0",
            "{}nonamespace = randomvalue",
            "{http://example.com/neon/litmus/}high-unicode = \u{10000}",
        ]
    );
    assert!(Proppatch::parse(b"<propertyupdate xmlns='DAV:'/>").is_err());
}

#[test]
fn the_language_around_a_property_is_kept() {
    let body = br#"<D:propertyupdate xmlns:D="DAV:" xml:lang="en"><D:set><D:prop xml:lang="de">
        <D:displayname>B&#252;ro</D:displayname><D:comment xml:lang="fr">a</D:comment></D:prop></D:set></D:propertyupdate>"#;
    let changes = Proppatch::parse(body).unwrap().changes;
    let [PropertyChange::Set(first), PropertyChange::Set(second)] = changes.as_slice() else {
        panic!("{changes:?}");
    };
    assert_eq!(
        first.as_xml(),
        "<D:displayname xmlns:D=\"DAV:\" xml:lang=\"de\">B\u{fc}ro</D:displayname>"
    );
    assert_eq!(second.element().unwrap().lang(), Some("fr"));
}

#[test]
fn davx5_makes_a_calendar() {
    let body = br#"<?xml version='1.0' encoding='UTF-8' ?>
<CAL:mkcalendar xmlns="DAV:" xmlns:CAL="urn:ietf:params:xml:ns:caldav" xmlns:CARD="urn:ietf:params:xml:ns:carddav">
<set><prop><resourcetype><collection /><CAL:calendar /></resourcetype><displayname>Privat</displayname>
<n1:calendar-color xmlns:n1="http://apple.com/ns/ical/">#8BC34AFF</n1:calendar-color>
<CAL:calendar-timezone>BEGIN:VCALENDAR&#13;
END:VCALENDAR</CAL:calendar-timezone>
<CAL:supported-calendar-component-set><CAL:comp name="VEVENT" /><CAL:comp name="vtodo" /></CAL:supported-calendar-component-set>
</prop></set></CAL:mkcalendar>"#;
    let properties = MkCalendar::parse(body).unwrap().properties;
    let known: Vec<_> = properties
        .iter()
        .map(|value| value.name().known().unwrap())
        .collect();
    assert_eq!(
        known,
        [
            Property::DisplayName,
            Property::CalendarColor,
            Property::CalendarTimezone,
            Property::SupportedCalendarComponentSet
        ]
    );
    assert_eq!(
        properties[2].text().unwrap(),
        "BEGIN:VCALENDAR\r\nEND:VCALENDAR"
    );
    assert_eq!(component_set(&properties[3]).unwrap(), ["VEVENT", "VTODO"]);
    assert!(MkCalendar::parse(b"").unwrap().properties.is_empty());
    assert!(MkCalendar::parse(b"<a/>").is_err());
}

#[test]
fn evolution_makes_an_address_book() {
    let body = br#"<?xml version="1.0" encoding="UTF-8"?>
<mkcol xmlns="DAV:" xmlns:E="urn:ietf:params:xml:ns:carddav"><set><prop>
<resourcetype><collection/><E:addressbook/></resourcetype><displayname>Leute</displayname>
<E:addressbook-description>von der Arbeit</E:addressbook-description></prop></set></mkcol>"#;
    let mkcol = Mkcol::parse(body).unwrap();
    assert!(mkcol.extended);
    assert_eq!(
        mkcol.resource_types,
        [ResourceType::Collection, ResourceType::AddressBook]
    );
    assert_eq!(mkcol.properties.len(), 2);

    let plain = Mkcol::parse(b"").unwrap();
    assert_eq!(plain.resource_types, [ResourceType::Collection]);
    for body in [
        "<mkcol xmlns='DAV:'><set><prop><displayname>x</displayname></prop></set></mkcol>",
        "<mkcol xmlns='DAV:'><set><prop><resourcetype><collection/><x xmlns='u'/></resourcetype></prop></set></mkcol>",
    ] {
        let fault = Fault::Refused(Precondition::ValidResourceType);
        assert_eq!(Mkcol::parse(body.as_bytes()), Err(fault));
    }
}

#[test]
fn cadaver_locks() {
    let body = br#"<?xml version="1.0" encoding="utf-8"?>
<lockinfo xmlns='DAV:'>
 <lockscope><exclusive/></lockscope>
<locktype><write/></locktype><owner>litmus test suite</owner>
</lockinfo>"#;
    let lock = LockInfo::parse(body).unwrap().unwrap();
    assert_eq!(lock.scope, LockScope::Exclusive);
    assert_eq!(
        lock.owner.unwrap(),
        "<owner xmlns=\"DAV:\">litmus test suite</owner>"
    );
    assert_eq!(LockInfo::parse(b"\n"), Ok(None));
    for body in [
        "<lockinfo xmlns='DAV:'><lockscope><exclusive/><shared/></lockscope><locktype><write/></locktype></lockinfo>",
        "<lockinfo xmlns='DAV:'><lockscope><shared/></lockscope></lockinfo>",
        "<lockinfo xmlns='DAV:'/>",
    ] {
        assert!(LockInfo::parse(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn acl_gives_rights() {
    // RFC 3744 8.1.2, shortened.
    let body = br#"<?xml version="1.0" encoding="utf-8" ?>
<D:acl xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
  <D:ace><D:principal><D:href>/dav/principals/anna%40example.org/</D:href></D:principal>
    <D:grant><D:privilege><D:read/></D:privilege><D:privilege><D:write/></D:privilege></D:grant></D:ace>
  <D:ace><D:principal><D:property><D:owner/></D:property></D:principal>
    <D:grant><D:privilege><D:all/></D:privilege></D:grant><D:protected/></D:ace>
  <D:ace><D:principal><D:authenticated/></D:principal>
    <D:grant><D:privilege><C:read-free-busy/></D:privilege></D:grant></D:ace>
</D:acl>"#;
    let entries = AclRequest::parse(body).unwrap().entries;
    assert_eq!(entries.len(), 2);
    assert_eq!(
        entries[0].principal,
        AcePrincipal::Href("/dav/principals/anna%40example.org/".into())
    );
    assert_eq!(entries[0].privileges, [Privilege::Read, Privilege::Write]);
    assert_eq!(entries[1].principal, AcePrincipal::Authenticated);
    assert_eq!(entries[1].privileges, [Privilege::ReadFreeBusy]);
    for (inner, precondition) in [
        (
            "<principal><all/></principal><deny><privilege><read/></privilege></deny>",
            Precondition::GrantOnly,
        ),
        (
            "<invert><principal><all/></principal></invert><grant><privilege><read/></privilege></grant>",
            Precondition::NoInvert,
        ),
        (
            "<principal><all/></principal><grant><privilege><fly/></privilege></grant>",
            Precondition::NotSupportedPrivilege,
        ),
        (
            "<principal><everybody/></principal><grant><privilege><read/></privilege></grant>",
            Precondition::RecognizedPrincipal,
        ),
    ] {
        let body = format!("<acl xmlns='DAV:'><ace>{inner}</ace></acl>");
        let fault = AclRequest::parse(body.as_bytes()).unwrap_err();
        assert_eq!(fault, Fault::Refused(precondition));
    }
    assert!(
        AclRequest::parse(b"<acl xmlns='DAV:'/>")
            .unwrap()
            .entries
            .is_empty()
    );
}

#[test]
fn three_ways_to_share() {
    let apple = br#"<?xml version="1.0" encoding="UTF-8"?>
<B:share xmlns:B="http://calendarserver.org/ns/">
  <B:set><A:href xmlns:A="DAV:">mailto:eric@example.org</A:href><B:common-name>Eric</B:common-name>
    <B:summary>Arbeit</B:summary><B:read-write/></B:set>
  <B:remove><A:href xmlns:A="DAV:">mailto:wilfredo@example.org</A:href></B:remove>
</B:share>"#;
    let Post::Share(changes) = Post::parse(apple).unwrap() else {
        panic!("a share");
    };
    assert_eq!(
        changes,
        [
            ShareChange {
                href: "mailto:eric@example.org".into(),
                access: ShareAccess::ReadWrite,
                name: Some("Eric".into()),
                summary: Some("Arbeit".into()),
            },
            ShareChange {
                href: "mailto:wilfredo@example.org".into(),
                access: ShareAccess::None,
                name: None,
                summary: None,
            }
        ]
    );
    let nextcloud = br#"<x4:share xmlns:x4="http://owncloud.org/ns"><x4:set><x0:href xmlns:x0="DAV:">principal:principals/users/eric</x0:href></x4:set></x4:share>"#;
    let Post::Share(changes) = Post::parse(nextcloud).unwrap() else {
        panic!("a share");
    };
    assert_eq!(changes[0].access, ShareAccess::Read);
    let draft = br#"<D:share-resource xmlns:D="DAV:"><D:sharee><D:href>mailto:eric@example.org</D:href>
<D:prop><D:displayname>Eric</D:displayname></D:prop><D:comment>Please</D:comment>
<D:share-access><D:read-write/></D:share-access></D:sharee>
<D:sharee><D:href>mailto:w@example.org</D:href><D:share-access><D:no-access/></D:share-access></D:sharee></D:share-resource>"#;
    let Post::Share(changes) = Post::parse(draft).unwrap() else {
        panic!("a share");
    };
    assert_eq!(changes[0].summary.as_deref(), Some("Please"));
    assert_eq!(changes[1].access, ShareAccess::None);
    for body in [
        "<share xmlns='http://calendarserver.org/ns/'/>",
        "<share xmlns='http://calendarserver.org/ns/'><set/></share>",
        "<share xmlns='DAV:'/>",
    ] {
        assert!(Post::parse(body.as_bytes()).is_err(), "{body}");
    }
}

#[test]
fn an_invitation_to_a_calendar_is_answered() {
    let body = br#"<CS:invite-reply xmlns:D="DAV:" xmlns:CS="http://calendarserver.org/ns/">
<D:href>mailto:eric@example.org</D:href><CS:invite-accepted/>
<CS:hosturl><D:href>/dav/calendars/anna%40example.org/work/</D:href></CS:hosturl>
<CS:in-reply-to>1234</CS:in-reply-to><CS:summary>Work</CS:summary></CS:invite-reply>"#;
    let Post::InviteReply(reply) = Post::parse(body).unwrap() else {
        panic!("a reply");
    };
    assert!(reply.accepted);
    assert_eq!(reply.host_url, "/dav/calendars/anna%40example.org/work/");
    assert_eq!(reply.in_reply_to.as_deref(), Some("1234"));
}

#[test]
fn vdirsyncer_lists_collections() {
    let body = br#"
        <propfind xmlns="DAV:">
            <prop><resourcetype/><getcontenttype/><getetag/></prop>
        </propfind>"#;
    let selection = Propfind::parse(body).unwrap().selection;
    assert_eq!(
        names(&selection),
        [
            "{DAV:}resourcetype",
            "{DAV:}getcontenttype",
            "{DAV:}getetag"
        ]
    );
}
