use super::super::compare::{Flow, compare};
use super::super::count::*;
use super::super::show;
use super::super::*;
use super::{add, store_of};
use crate::builds::Hole;

pub(super) fn question(store: &Store, by: &[By]) -> Question {
    Question {
        date: store.last_day().unwrap().unwrap(),
        window_days: 7,
        hole: Hole::ProxyLogon,
        by: by.to_vec(),
        only: Vec::new(),
    }
}

fn rows(store: &Store, by: &[By]) -> Vec<String> {
    let counted = count(store, &question(store, by)).unwrap();
    counted
        .rows
        .iter()
        .map(|row| format!("{} {}", row.is.join("/"), row.hosts))
        .collect()
}

const MARCH: &str = "\
192.0.2.1 15.1.2176.2 DE\n192.0.2.2 15.1.2176.9 DE\n192.0.2.3 15.1.2176 AT\n192.0.2.4 15.2.2562 AT\n\
192.0.2.5 14.3.496.0 US\n192.0.2.6 US\n192.0.2.7:25 Postfix DE\n";

#[test]
fn states_are_told_with_what_cannot_be_known() {
    let (store, _) = store_of(MARCH, Some("2021-03-20"));
    assert_eq!(
        rows(&store, &[By::State]),
        [
            "cannot tell 2",
            "fixed 2",
            "not judged 1",
            "partly vulnerable 1",
            "vulnerable 1",
        ]
    );
    assert_eq!(
        rows(&store, &[By::Release])[..2],
        ["Exchange Server 2016 3", "Exchange Server 1"]
    );
    assert_eq!(
        rows(&store, &[By::Product]),
        ["Microsoft Exchange 6", "Postfix 1"]
    );
    assert_eq!(rows(&store, &[By::Country, By::State]).len(), 7);
    let mut only = question(&store, &[By::State]);
    only.only = vec![
        "country=de".parse().unwrap(),
        "product=Microsoft Exchange".parse().unwrap(),
    ];
    let counted = count(&store, &only).unwrap();
    assert_eq!(
        (counted.hosts, counted.addresses, counted.rows.len()),
        (2, 2, 2)
    );
    assert!("nonsense=1".parse::<Filter>().is_err() && "country".parse::<Filter>().is_err());
}

#[test]
fn a_host_counts_once_whoever_saw_it_and_however_many_addresses_it_has() {
    let (mut store, _) = store_of("192.0.2.1 15.1.2176\n", Some("2021-03-20"));
    // Seen again with less, and with more; on another port; and days later with another build.
    add(
        &mut store,
        b"192.0.2.1\n192.0.2.1:444 15.1.2176.9\n",
        Some("2021-03-20"),
    );
    assert_eq!(rows(&store, &[By::State]), ["fixed 1"]);
    add(&mut store, b"192.0.2.1 15.1.2106.2\n", Some("2021-03-22"));
    assert_eq!(rows(&store, &[By::Version]), ["15.1.2106.2 1"]);
    // Two addresses with the same names are one host; with other names they are not.
    let csv = "timestamp,ip,port,hostname,version,servername
2021-03-22 00:00:00,192.0.2.8,443,mail.a.example,15.1.2176.2,EX1
2021-03-22 00:00:00,2001:db8::8,443,MAIL.a.example,15.1.2176.2,ex1
2021-03-22 00:00:00,192.0.2.9,443,mail.b.example,15.1.2176.2,EX1
2021-03-22 00:00:00,192.0.2.11,443,,15.1.2176.2,EX1
";
    add(&mut store, csv.as_bytes(), None);
    let counted = count(&store, &question(&store, &[By::Product])).unwrap();
    assert_eq!((counted.hosts, counted.addresses), (4, 5));
}

#[test]
fn the_window_ends_what_was_seen_long_ago() {
    let (mut store, _) = store_of("192.0.2.1 15.1.2176.2\n", Some("2021-03-01"));
    add(&mut store, b"192.0.2.2 15.1.2176.2\n", Some("2021-03-08"));
    assert_eq!(rows(&store, &[By::State]), ["vulnerable 1"]);
    let mut wide = question(&store, &[By::State]);
    wide.window_days = 8;
    assert_eq!(count(&store, &wide).unwrap().hosts, 2);
    assert_eq!(store.days().unwrap().len(), 2);
    let dates = store.days().unwrap();
    let course = trend(&store, &wide, &dates).unwrap();
    assert_eq!(
        course
            .iter()
            .map(|counted| counted.hosts)
            .collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn a_comparison_says_what_became_of_each_host() {
    let (mut store, _) = store_of(
        "192.0.2.1 15.1.2176.2\n192.0.2.2 15.1.2176.2\n192.0.2.3 15.1.2176.2\n",
        Some("2021-03-09"),
    );
    add(
        &mut store,
        b"192.0.2.1 15.1.2176.9\n192.0.2.2 15.1.2176.2\n192.0.2.4 15.2.858.5\n",
        Some("2021-03-22"),
    );
    let comparison = compare(
        &store,
        &question(&store, &[By::State]),
        "2021-03-09".parse().unwrap(),
    )
    .unwrap();
    assert_eq!((comparison.hosts_before, comparison.hosts_after), (3, 3));
    assert_eq!(comparison.rows["vulnerable"], (3, 1));
    assert_eq!(comparison.rows["fixed"], (0, 2));
    let flow = |before: Option<&str>, after: Option<&str>| Flow {
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
        hosts: 1,
    };
    for expected in [
        flow(Some("vulnerable"), Some("fixed")),
        flow(Some("vulnerable"), Some("vulnerable")),
        flow(Some("vulnerable"), None),
        flow(None, Some("fixed")),
    ] {
        assert!(comparison.flows.contains(&expected), "{expected:?}");
    }
    let (head, rows) = show::compared(&comparison);
    let table = show::table(&head, &rows);
    assert!(
        table.contains("vulnerable       3      1      -2"),
        "{table}"
    );
}

#[test]
fn what_is_shown_is_harmless() {
    let csv = "timestamp,ip,port,hostname,version,servername,sector
2021-03-22 00:00:00,192.0.2.8,443,=cmd(),<script>alert(1)</script>,\u{1b}[31mEX1,=1+1
2021-03-22 00:00:00,192.0.2.9,443,,15.1.2176.2,,\"\"\"><script>\"
";
    let (store, _) = store_of(csv, None);
    let ask = question(&store, &[By::Sector]);
    let counted = count(&store, &ask).unwrap();
    let (head, rows) = show::counted(&counted);
    assert!(show::csv(&head, &rows).contains("\"'=1+1\""));
    let page = show::report(&store, &ask).unwrap();
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"));
    let lines = list(&store, &ask).unwrap();
    let rows: Vec<Vec<String>> = lines.into_iter().map(Vec::from).collect();
    assert!(!show::table(&["a"; 10], &rows).contains('\u{1b}'));
}

#[test]
fn charts_have_bars_and_lines() {
    let (mut store, _) = store_of(MARCH, Some("2021-03-09"));
    add(&mut store, MARCH.as_bytes(), Some("2021-03-20"));
    let dates = store.days().unwrap();
    let course = trend(&store, &question(&store, &[By::State]), &dates).unwrap();
    let lines = show::trended_chart(&course);
    assert_eq!(lines.matches("<circle").count(), 2 * 5);
    let bars = show::counted_chart(&course[1]);
    assert_eq!(bars.matches("<rect").count(), 5);
    assert!(chart::standalone(&bars).contains("<style>"));
    let many: Vec<_> = (0..100_u64).map(|at| (format!("AS{at}"), at)).collect();
    assert!(chart::bars(&many).contains("others"));
    assert!(chart::lines(&[], &[]).ends_with("</svg>\n"));
}

#[test]
fn public_figures_have_dates_and_sources() {
    let facts = facts::facts();
    assert_eq!(facts.len(), 26);
    assert!(
        facts
            .iter()
            .all(|fact| fact.day().is_some() && !fact.source.is_empty())
    );
    let range = facts.iter().find(|fact| fact.low != fact.high).unwrap();
    assert_eq!(range.figure(), "60000 to 250000");
}
