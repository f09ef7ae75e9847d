use icalendar::{Collation, CompFilter};
use vcard::{
    Filter, MatchType, Negate, ParamCondition, ParamFilter, PropCondition, PropFilter, Test,
    TextMatch,
};

use super::*;
use crate::codec::Property;
use crate::codec::header::VcardVersion;

fn parse(body: &str) -> Report {
    Report::parse(body.as_bytes()).unwrap_or_else(|fault| panic!("{fault}: {body}"))
}

fn refused(body: &str) -> Fault {
    Report::parse(body.as_bytes()).expect_err(body)
}

#[test]
fn thunderbird_asks_for_events_of_a_span() {
    let report = parse(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav"><D:prop><D:getetag/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT">
<C:time-range start="20060104T000000Z" end="20060105T000000Z"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"#,
    );
    let Report::CalendarQuery(query) = report else {
        panic!("{report:?}");
    };
    assert_eq!(query.timezone, None);
    let events = CompFilter {
        time_range: Some(1_136_332_800..1_136_419_200),
        ..CompFilter::named("VEVENT")
    };
    assert_eq!(query.filter, icalendar::Filter::within_calendar(events));
}

#[test]
fn a_query_with_every_kind_of_condition() {
    // RFC 4791 7.8.6, 7.8.9 and 9.6 together.
    let report = parse(
        r#"<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
<D:prop><D:getetag/><C:calendar-data>
  <C:comp name="VCALENDAR"><C:prop name="version"/><C:comp name="VEVENT"><C:prop name="UID"/><C:prop name="SUMMARY" novalue="yes"/></C:comp><C:comp name="VTIMEZONE"><C:allprop/><C:allcomp/></C:comp><C:comp name="VALARM"/></C:comp>
  <C:expand start="20060103T000000Z" end="20060105T000000Z"/></C:calendar-data></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="vtodo">
  <C:prop-filter name="COMPLETED"><C:is-not-defined/></C:prop-filter>
  <C:prop-filter name="STATUS"><C:text-match negate-condition="yes" collation="i;octet">CANCELLED</C:text-match></C:prop-filter>
  <C:prop-filter name="ATTENDEE"><C:text-match>mailto:lisa@example.com</C:text-match>
    <C:param-filter name="partstat"><C:text-match>NEEDS-ACTION</C:text-match></C:param-filter>
    <C:param-filter name="RSVP"><C:is-not-defined/></C:param-filter></C:prop-filter>
  <C:comp-filter name="VALARM"><C:is-not-defined/></C:comp-filter>
  <C:prop-filter name="DUE"><C:time-range end="20060105T000000Z"/></C:prop-filter>
</C:comp-filter></C:comp-filter></C:filter>
<C:timezone-id>Europe/Berlin</C:timezone-id></C:calendar-query>"#,
    );
    let Report::CalendarQuery(query) = report else {
        panic!("{report:?}");
    };
    assert_eq!(
        query.timezone,
        Some(TimezoneSource::Id("Europe/Berlin".into()))
    );
    let Selection::Properties {
        calendar_data,
        names,
        ..
    } = query.selection
    else {
        panic!("properties");
    };
    assert_eq!(names[1].known(), Some(Property::CalendarData));
    let data = calendar_data.unwrap();
    assert_eq!(data.expand, Some(1_136_246_400..1_136_419_200));
    let calendar = data.selection.unwrap();
    assert_eq!(calendar.properties.unwrap()[0].name, "VERSION");
    let [event, zone, alarm] = calendar.components.as_deref().unwrap() else {
        panic!("three components");
    };
    assert!(event.properties.as_ref().unwrap()[1].without_value);
    assert_eq!(event.components.as_deref(), Some(&[][..]));
    assert_eq!((&zone.properties, &zone.components), (&None, &None));
    assert_eq!((&alarm.properties, &alarm.components), (&None, &None));

    let task = &query.filter.root.comps[0];
    assert_eq!(task.name, "VTODO");
    assert!(task.props[0].absent);
    let text = task.props[1].text.as_ref().unwrap();
    assert!(text.negate);
    assert_eq!(text.collation, Collation::Octet);
    let params = &task.props[2].params;
    assert_eq!(params[0].name, "PARTSTAT");
    assert_eq!(params[0].text.as_ref().unwrap().text, "NEEDS-ACTION");
    assert!(params[1].absent);
    assert_eq!(task.props[3].time_range, Some(i64::MIN..1_136_419_200));
    assert!(task.comps[0].absent);
}

#[test]
fn filters_that_cannot_be_are_refused() {
    for (inner, precondition) in [
        ("", Precondition::ValidFilter),
        ("<C:filter/>", Precondition::ValidFilter),
        (
            r#"<C:filter><C:comp-filter name="VEVENT"/></C:filter>"#,
            Precondition::ValidFilter,
        ),
        (
            r#"<C:filter><C:comp-filter/></C:filter>"#,
            Precondition::ValidFilter,
        ),
        (
            r#"<C:filter><C:comp-filter name="VCALENDAR"><C:time-range/></C:comp-filter></C:filter>"#,
            Precondition::ValidFilter,
        ),
        (
            r#"<C:filter><C:comp-filter name="VCALENDAR"><C:time-range start="20060104"/></C:comp-filter></C:filter>"#,
            Precondition::ValidFilter,
        ),
        (
            r#"<C:filter><C:comp-filter name="VCALENDAR"><C:time-range start="20060105T000000Z" end="20060104T000000Z"/></C:comp-filter></C:filter>"#,
            Precondition::ValidFilter,
        ),
        (
            r#"<C:filter><C:comp-filter name="VCALENDAR"><C:wish/></C:comp-filter></C:filter>"#,
            Precondition::SupportedFilter,
        ),
        (
            r#"<C:filter><C:comp-filter name="VCALENDAR"><C:prop-filter name="X"><C:text-match collation="i;klingon">x</C:text-match></C:prop-filter></C:comp-filter></C:filter>"#,
            Precondition::SupportedCollation,
        ),
        (
            r#"<D:prop><C:calendar-data content-type="text/html"/></D:prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter>"#,
            Precondition::SupportedCalendarData,
        ),
    ] {
        let body = format!(
            r#"<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">{inner}</C:calendar-query>"#
        );
        assert_eq!(refused(&body), Fault::Refused(precondition), "{inner}");
    }
    let many = r#"<C:prop-filter name="X"/>"#.repeat(100);
    let many = format!(
        r#"<C:calendar-query xmlns:C="urn:ietf:params:xml:ns:caldav"><C:filter><C:comp-filter name="VCALENDAR">{many}</C:comp-filter></C:filter></C:calendar-query>"#
    );
    assert_eq!(
        refused(&many),
        Fault::Refused(Precondition::SupportedFilter)
    );
    assert_eq!(
        refused("<version-tree xmlns='DAV:'/>"),
        Fault::Refused(Precondition::SupportedReport)
    );
}

#[test]
fn davx5_fetches_many() {
    let hrefs: String = (0..10_000)
        .map(|n| format!("<href>/dav/calendars/anna%40example.org/work/{n}.ics</href>"))
        .collect();
    let body = format!(
        r#"<?xml version='1.0' encoding='UTF-8' ?><CAL:calendar-multiget xmlns="DAV:" xmlns:CAL="urn:ietf:params:xml:ns:caldav"><prop><getcontenttype /><getetag /><CAL:schedule-tag /><CAL:calendar-data /></prop>{hrefs}</CAL:calendar-multiget>"#
    );
    let Report::CalendarMultiget(multiget) = parse(&body) else {
        panic!("a multiget");
    };
    assert_eq!(multiget.hrefs.len(), 10_000);
    assert_eq!(
        multiget.hrefs[7],
        "/dav/calendars/anna%40example.org/work/7.ics"
    );
    assert!(
        Report::parse(b"<a:calendar-multiget xmlns:a='urn:ietf:params:xml:ns:caldav'/>").is_err()
    );
}

#[test]
fn free_busy_times_need_a_span() {
    let report = parse(
        r#"<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav"><C:time-range start="20060104T140000Z" end="20060105T220000Z"/></C:free-busy-query>"#,
    );
    assert!(matches!(report, Report::FreeBusyQuery(_)));
    refused(r#"<C:free-busy-query xmlns:C="urn:ietf:params:xml:ns:caldav"/>"#);
}

#[test]
fn ios_searches_contacts() {
    let report = parse(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<B:addressbook-query xmlns:B="urn:ietf:params:xml:ns:carddav">
  <A:prop xmlns:A="DAV:"><A:getetag/><B:address-data content-type="text/vcard" version="4.0"><B:prop name="FN"/><B:prop name="email" novalue="yes"/></B:address-data></A:prop>
  <B:filter test="anyof">
    <B:prop-filter name="FN"><B:text-match collation="i;unicode-casemap" match-type="contains">Gr&#252;n</B:text-match></B:prop-filter>
    <B:prop-filter name="EMAIL" test="allof"><B:text-match match-type="starts-with" negate-condition="yes">x</B:text-match>
      <B:param-filter name="TYPE"><B:text-match match-type="equals">work</B:text-match></B:param-filter></B:prop-filter>
    <B:prop-filter name="NICKNAME"><B:is-not-defined/></B:prop-filter>
  </B:filter><B:limit><B:nresults>50</B:nresults></B:limit></B:addressbook-query>"#,
    );
    let Report::AddressbookQuery(query) = report else {
        panic!("{report:?}");
    };
    assert_eq!(query.limit, Some(50));
    let Selection::Properties {
        address_data: Some(data),
        ..
    } = query.selection
    else {
        panic!("address-data");
    };
    assert_eq!(data.version, Some(VcardVersion::V4));
    let wanted = data.properties.unwrap();
    assert_eq!(wanted[1].name, "EMAIL");
    assert!(wanted[1].without_value);
    let text =
        |text, how, negate| TextMatch::new(text, vcard::Collation::UnicodeCasemap, how, negate);
    let work = ParamFilter {
        name: "TYPE".into(),
        condition: ParamCondition::Text(text("work", MatchType::Equals, Negate::No)),
    };
    let filters = vec![
        PropFilter {
            name: "FN".into(),
            test: Test::AnyOf,
            condition: PropCondition::Terms {
                texts: vec![text("Gr\u{fc}n", MatchType::Contains, Negate::No)],
                params: vec![],
            },
        },
        PropFilter {
            name: "EMAIL".into(),
            test: Test::AllOf,
            condition: PropCondition::Terms {
                texts: vec![text("x", MatchType::StartsWith, Negate::Yes)],
                params: vec![work],
            },
        },
        PropFilter {
            name: "NICKNAME".into(),
            test: Test::AnyOf,
            condition: PropCondition::IsNotDefined,
        },
    ];
    assert_eq!(query.filter, Filter::new(Test::AnyOf, filters).unwrap());

    let refuse = |inner: &str| {
        let space = "urn:ietf:params:xml:ns:carddav";
        refused(&format!(
            "<addressbook-query xmlns='{space}'>{inner}</addressbook-query>"
        ))
    };
    let supported = Fault::Refused(Precondition::CardSupportedFilter);
    assert_eq!(refuse(""), supported);
    assert_eq!(refuse("<filter><x/></filter>"), supported);
    assert_eq!(refuse("<filter test='some'/>"), supported);
    let many = "<prop-filter name='FN'/>".repeat(vcard::FILTER_TERMS_MAX + 1);
    assert_eq!(refuse(&format!("<filter>{many}</filter>")), supported);
    assert_eq!(
        refuse(
            "<prop xmlns='DAV:'><a:address-data xmlns:a='urn:ietf:params:xml:ns:carddav' version='2.1'/></prop><filter/>"
        ),
        Fault::Refused(Precondition::SupportedAddressData)
    );
}

#[test]
fn synchronisation_begins_and_goes_on() {
    let report = parse(
        r#"<?xml version="1.0"?><sync-collection xmlns="DAV:"><sync-token/><sync-level>1</sync-level><prop><getetag/></prop></sync-collection>"#,
    );
    let Report::SyncCollection(first) = report else {
        panic!("{report:?}");
    };
    assert_eq!(
        (first.token, first.level, first.limit),
        (None, SyncLevel::One, None)
    );
    let report = parse(
        "<D:sync-collection xmlns:D='DAV:'><D:sync-token>\n urn:x:7 </D:sync-token><D:sync-level>infinite</D:sync-level><D:limit><D:nresults>100</D:nresults></D:limit></D:sync-collection>",
    );
    let Report::SyncCollection(next) = report else {
        panic!("{report:?}");
    };
    assert_eq!(next.token.as_deref(), Some("urn:x:7"));
    assert_eq!((next.level, next.limit), (SyncLevel::Infinite, Some(100)));
    for inner in [
        "<sync-level>2</sync-level>",
        "<limit/>",
        "<limit><nresults>0</nresults></limit>",
        "<limit><nresults>-1</nresults></limit>",
    ] {
        refused(&format!(
            "<sync-collection xmlns='DAV:'>{inner}</sync-collection>"
        ));
    }
}

#[test]
fn macos_expands_its_deputies() {
    let report = parse(
        r#"<A:expand-property xmlns:A="DAV:">
  <A:property name="calendar-proxy-write-for" namespace="http://calendarserver.org/ns/">
    <A:property name="displayname" namespace="DAV:"/>
    <A:property name="calendar-user-address-set" namespace="urn:ietf:params:xml:ns:caldav"/>
    <A:property name="email-address-set" namespace="http://calendarserver.org/ns/"/>
  </A:property><A:property name="owner"/></A:expand-property>"#,
    );
    let Report::ExpandProperty(properties) = report else {
        panic!("{report:?}");
    };
    assert_eq!(
        properties[0].name.known(),
        Some(Property::CalendarProxyWriteFor)
    );
    assert_eq!(properties[0].within.len(), 3);
    assert_eq!(properties[1].name.known(), Some(Property::Owner));

    let nest = |levels: usize| {
        let open = "<property name='owner'>".repeat(levels);
        let close = "</property>".repeat(levels);
        format!("<expand-property xmlns='DAV:'>{open}{close}</expand-property>")
    };
    parse(&nest(4));
    assert!(matches!(refused(&nest(5)), Fault::TooDeep { .. }));
    let many = "<property name='owner'/>".repeat(257);
    let many = format!("<expand-property xmlns='DAV:'>{many}</expand-property>");
    assert!(matches!(refused(&many), Fault::TooMany { .. }));
}

#[test]
fn people_are_searched() {
    let report = parse(
        r#"<x0:principal-property-search xmlns:x0="DAV:" test="anyof">
<x0:property-search><x0:prop><x0:displayname/><x1:email-address-set xmlns:x1="http://calendarserver.org/ns/"/></x0:prop><x0:match match-type="starts-with">an</x0:match></x0:property-search>
<x0:prop><x0:displayname/></x0:prop><x0:apply-to-principal-collection-set/></x0:principal-property-search>"#,
    );
    let Report::PrincipalPropertySearch(search) = report else {
        panic!("{report:?}");
    };
    assert_eq!(search.combine, Combine::AnyOf);
    assert_eq!(search.searches[0].properties.len(), 2);
    assert_eq!(search.searches[0].text, "an");
    assert_eq!(search.searches[0].match_type, MatchType::StartsWith);
    assert!(search.apply_to_principal_collection_set);
    refused("<principal-property-search xmlns='DAV:'/>");

    let report = parse(
        r#"<C:calendarserver-principal-search xmlns:C="http://calendarserver.org/ns/" context="attendee">
<C:search-token>Wilfredo</C:search-token><C:search-token> Sanchez </C:search-token><C:limit><C:nresults>50</C:nresults></C:limit>
<D:prop xmlns:D="DAV:"><C:email-address-set/><D:principal-URL/></D:prop></C:calendarserver-principal-search>"#,
    );
    let Report::CalendarServerPrincipalSearch(search) = report else {
        panic!("{report:?}");
    };
    assert_eq!(search.words, ["Wilfredo", "Sanchez"]);
    assert_eq!(search.context.as_deref(), Some("attendee"));
    assert_eq!(search.limit, Some(50));
}

#[test]
fn the_rest_of_rfc_3744() {
    let report = parse(
        "<D:principal-match xmlns:D='DAV:'><D:principal-property><D:owner/></D:principal-property></D:principal-match>",
    );
    let Report::PrincipalMatch(asked) = report else {
        panic!("{report:?}");
    };
    assert_eq!(asked.property.unwrap().known(), Some(Property::Owner));
    let report = parse("<D:principal-match xmlns:D='DAV:'><D:self/></D:principal-match>");
    assert!(matches!(report, Report::PrincipalMatch(asked) if asked.property.is_none()));
    refused("<D:principal-match xmlns:D='DAV:'/>");
    assert_eq!(
        parse("<D:principal-search-property-set xmlns:D='DAV:'/>"),
        Report::PrincipalSearchPropertySet
    );
    let report = parse(
        "<D:acl-principal-prop-set xmlns:D='DAV:'><D:prop><D:displayname/></D:prop></D:acl-principal-prop-set>",
    );
    assert!(matches!(
        report,
        Report::AclPrincipalPropSet(Selection::Properties { .. })
    ));
}

#[test]
fn every_report_that_is_named_is_known() {
    for tag in Report::TAGS {
        let body = format!("<{} xmlns='{}'/>", tag.local, tag.namespace);
        let known = Report::parse(body.as_bytes());
        assert_ne!(
            known,
            Err(Fault::Refused(Precondition::SupportedReport)),
            "{body}"
        );
    }
}
