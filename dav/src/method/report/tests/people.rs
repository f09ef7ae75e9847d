//! Searches for people, and links that are followed.

use directory::NewPerson;
use model::{Actor, CollectionKind, CollectionRights};

use super::world::World;

const ANNA: &str = "/dav/principals/anna%40example.org/";
const BERT: &str = "/dav/principals/bert%40example.org/";
const CALENDAR: &str = "/dav/calendars/anna%40example.org/calendar/";

#[tokio::test]
async fn macos_looks_for_people_by_parts_of_their_names() {
    let world = World::new().await;
    let search = |test: &str, name: &str, address: &str| {
        format!(
            r#"<?xml version="1.0" encoding="UTF-8"?>
            <A:principal-property-search xmlns:A="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" test="{test}">
              <A:property-search><A:prop><A:displayname/></A:prop>
                <A:match match-type="starts-with">{name}</A:match></A:property-search>
              <A:property-search><A:prop><C:calendar-user-address-set/></A:prop>
                <A:match match-type="contains">{address}</A:match></A:property-search>
              <A:prop><A:displayname/><A:principal-URL/></A:prop>
            </A:principal-property-search>"#
        )
    };
    let found = async |body: &str| {
        let said = world.report(world.anna, "/dav/principals/", body).await;
        assert_eq!(said.status, 207, "{}", said.body);
        said.names().join(" ")
    };
    let body = search("anyof", "Ärm", "mailto:bert@");
    assert_eq!(found(&body).await, "anna%40example.org bert%40example.org");
    assert_eq!(found(&search("allof", "Ärm", "bert@")).await, "");
    assert_eq!(
        found(&search("allof", "busch", "BERT@")).await,
        "bert%40example.org"
    );
    // RFC 3744 9.4: nobody lies below a person, unless all collections of people are asked.
    let body = search("anyof", "Ärm", "bert@");
    assert_eq!(world.report(world.anna, ANNA, &body).await.paths().len(), 0);
    let everywhere = body.replace(
        "<A:prop><A:displayname/><A:principal-URL/>",
        "<A:apply-to-principal-collection-set/><A:prop><A:displayname/>",
    );
    assert_eq!(
        world
            .report(world.anna, ANNA, &everywhere)
            .await
            .paths()
            .len(),
        2
    );
}

#[tokio::test]
async fn an_alias_leads_to_whose_it_is() {
    let world = World::new().await;
    let directory = world.groupware().directory();
    directory
        .set_alias(&Actor::system(), "info@example.org", world.bert)
        .await
        .unwrap();
    let body = r#"<D:principal-property-search xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
        <D:property-search><D:prop><C:calendar-user-address-set/></D:prop>
        <D:match>mailto:Info@example.org</D:match></D:property-search>
        <D:prop><D:displayname/></D:prop></D:principal-property-search>"#;
    let said = world.report(world.anna, "/dav/principals/", body).await;
    assert_eq!(said.paths(), [BERT]);
}

#[tokio::test]
async fn a_search_for_everybody_says_that_there_are_more() {
    let world = World::new().await;
    for at in 0..220 {
        let person = NewPerson {
            address: format!("p{at}@example.org"),
            name: format!("Person {at}"),
            password: None,
            quota_octets: None,
            administrator: false,
        };
        let directory = world.groupware().directory();
        directory
            .add_person(&Actor::system(), person)
            .await
            .unwrap();
    }
    let body = |limit: &str| {
        format!(
            r#"<B:calendarserver-principal-search xmlns:A="DAV:" xmlns:B="http://calendarserver.org/ns/">
            <B:search-token>person</B:search-token>{limit}<A:prop><A:displayname/></A:prop>
            </B:calendarserver-principal-search>"#
        )
    };
    let said = world
        .report(world.anna, "/dav/principals/", &body(""))
        .await;
    assert_eq!(said.paths().len(), 201);
    assert!(
        said.body.contains("number-of-matches-within-limits"),
        "{}",
        said.body
    );
    let fewer = body("<B:limit><B:nresults>7</B:nresults></B:limit>");
    let said = world.report(world.anna, "/dav/principals/", &fewer).await;
    assert_eq!(said.paths().len(), 7);
}

#[tokio::test]
async fn rooms_are_found_by_words() {
    let world = World::new().await;
    let search = |context: &str, word: &str| {
        format!(
            r#"<B:calendarserver-principal-search xmlns:A="DAV:" xmlns:B="http://calendarserver.org/ns/"
            context="{context}"><B:search-token>{word}</B:search-token><B:limit><B:nresults>50</B:nresults></B:limit>
            <A:prop><A:displayname/></A:prop></B:calendarserver-principal-search>"#
        )
    };
    let found = async |context: &str, word: &str| {
        let body = search(context, word);
        let said = world.report(world.anna, "/dav/principals/", &body).await;
        said.names().join(" ")
    };
    assert_eq!(found("location", "blue").await, "blue%40example.org");
    assert_eq!(found("user", "blue").await, "");
    assert_eq!(found("attendee", "sales").await, "sales%40example.org");
    assert_eq!(found("group", "example.org").await, "sales%40example.org");
}

#[tokio::test]
async fn searches_say_what_they_can() {
    let world = World::new().await;
    let body = r#"<D:principal-search-property-set xmlns:D="DAV:"/>"#;
    let said = world.report(world.anna, "/dav/principals/", body).await;
    assert_eq!(said.status, 200);
    assert!(said.body.contains("<D:displayname/>"), "{}", said.body);
}

#[tokio::test]
async fn whoever_asks_finds_themselves_and_their_groups() {
    let world = World::new().await;
    let body = r#"<D:principal-match xmlns:D="DAV:"><D:self/><D:prop><D:displayname/></D:prop></D:principal-match>"#;
    let said = world.report(world.anna, "/dav/principals/", body).await;
    assert_eq!(said.names(), ["anna%40example.org", "sales%40example.org"]);
    let own = body.replace(
        "<D:self/>",
        "<D:principal-property><D:owner/></D:principal-property>",
    );
    let said = world
        .report(world.anna, "/dav/calendars/anna%40example.org/", &own)
        .await;
    assert!(said.names().contains(&"calendar"), "{}", said.body);
}

#[tokio::test]
async fn those_whom_a_list_of_rights_names_are_shown_to_the_owner() {
    let world = World::new().await;
    let kind = CollectionKind::Calendar;
    world
        .share(world.anna, kind, world.bert, CollectionRights::READER)
        .await;
    let body = r#"<D:acl-principal-prop-set xmlns:D="DAV:"><D:prop><D:displayname/></D:prop></D:acl-principal-prop-set>"#;
    let said = world.report(world.anna, CALENDAR, body).await;
    assert_eq!(said.paths(), [ANNA, BERT]);
    assert_eq!(world.report(world.bert, CALENDAR, body).await.status, 403);
}

#[tokio::test]
async fn links_are_followed_within_one_answer() {
    let world = World::new().await;
    // Calendar.app of macOS asks so for whom it may act.
    let body = r#"<?xml version="1.0" encoding="UTF-8"?>
        <A:expand-property xmlns:A="DAV:">
          <A:property name="calendar-home-set" namespace="urn:ietf:params:xml:ns:caldav">
            <A:property name="displayname"/>
            <A:property name="owner"><A:property name="displayname"/></A:property>
          </A:property>
          <A:property name="group-membership"><A:property name="displayname"/></A:property>
          <A:property name="displayname"/>
          <A:property name="nothing-like-it"/>
        </A:expand-property>"#;
    let said = world.report(world.anna, ANNA, body).await;
    assert_eq!(said.status, 207, "{}", said.body);
    assert!(
        said.body.contains(">Sales</D:displayname>"),
        "{}",
        said.body
    );
    assert!(
        said.body.contains(">Anna Ärmel</D:displayname>"),
        "{}",
        said.body
    );
    let home = "<D:href>/dav/calendars/anna%40example.org/</D:href>";
    assert!(said.body.contains(home), "{}", said.body);
    assert!(said.body.contains("404"), "{}", said.body);
}

#[tokio::test]
async fn what_may_not_be_read_is_not_expanded() {
    let world = World::new().await;
    let kind = CollectionKind::Calendar;
    world
        .share(world.anna, kind, world.bert, CollectionRights::FREE_BUSY)
        .await;
    let body =
        r#"<D:expand-property xmlns:D="DAV:"><D:property name="displayname"/></D:expand-property>"#;
    assert_eq!(world.report(world.bert, CALENDAR, body).await.status, 403);
    assert_eq!(world.report(world.anna, CALENDAR, body).await.status, 207);
}
