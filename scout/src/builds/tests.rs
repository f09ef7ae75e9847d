use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

/// The table that the compiled one was made from; not in the repository.
fn source() -> Option<String> {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../shared/exchange/exchange_builds.csv"
    );
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        eprintln!("skipped: `{path}` is not there");
    }
    text
}

fn version(text: &str) -> Version {
    text.parse().unwrap()
}

fn state(text: &str, hole: Hole) -> State {
    builds().judge(version(text), hole).state
}

#[test]
fn the_table_has_what_its_source_has() {
    let Some(source) = source() else { return };
    assert_eq!(
        Builds::from_source(&source).unwrap().rows(),
        builds().rows()
    );
}

#[test]
fn each_row_of_the_source_gets_its_state() {
    let Some(source) = source() else { return };
    let mut rows = 0;
    for line in source.lines().skip(1) {
        let fields: Vec<_> = line.split(',').collect();
        for (hole, word) in Hole::ALL.into_iter().zip(&fields[4..]) {
            let expected = match *word {
                "fixed" | "not_affected_26855;26857_fixed" => State::Fixed,
                "vulnerable" => State::Vulnerable,
                "not_applicable" => State::NotAffected,
                "not_affected_26855;26857_vulnerable" => State::PartlyVulnerable,
                "sources_conflict" => State::CannotTell,
                other => panic!("{other}"),
            };
            let judgement = builds().judge(version(fields[0]), hole);
            assert_eq!(judgement.state, expected, "{line}");
            let disagree = *word == "sources_conflict";
            assert_eq!(judgement.basis == Basis::SourcesDisagree, disagree);
        }
        rows += 1;
    }
    assert_eq!(rows, 392);
}

#[test]
fn three_parts_cannot_tell_exactly_where_there_are_both() {
    for hole in Hole::ALL {
        let mut lines: BTreeMap<[u16; 3], BTreeSet<Option<State>>> = BTreeMap::new();
        for row in builds().rows() {
            let states = lines.entry(row.version.three()).or_default();
            states.insert(row.state(hole));
        }
        for (three, states) in &lines {
            let judgement = builds().judge(Version::new(*three, None), hole);
            let both =
                states.contains(&Some(State::Fixed)) && states.contains(&Some(State::Vulnerable));
            assert_eq!(
                judgement.state == State::CannotTell,
                both,
                "{three:?} {hole:?}"
            );
            if !both {
                assert_eq!(states.first(), Some(&Some(judgement.state)));
            }
        }
        let unsure = lines.keys().filter(|three| three[0] == 15).filter(|three| {
            builds().judge(Version::new(**three, None), hole).state == State::CannotTell
        });
        let counted = unsure.count();
        assert_eq!(counted, if hole == Hole::ProxyLogon { 25 } else { 5 });
        assert_eq!(lines.keys().filter(|three| three[0] == 15).count(), 67);
    }
}

#[test]
fn what_is_between_two_builds_is_as_they_are() {
    assert_eq!(state("15.2.792.4", Hole::ProxyLogon), State::Vulnerable);
    assert_eq!(state("15.2.792.7", Hole::ProxyLogon), State::Vulnerable);
    assert_eq!(state("15.2.792.11", Hole::ProxyLogon), State::Fixed);
    assert_eq!(state("15.2.792.11", Hole::ProxyShell), State::Vulnerable);
    assert_eq!(state("15.2.792.1", Hole::ProxyLogon), State::Vulnerable);
    assert_eq!(state("15.2.792.99", Hole::ProxyShell), State::Fixed);
    assert_eq!(state("15.2.792.99", Hole::ProxyNotShell), State::CannotTell);
    assert_eq!(state("15.1.1415.9", Hole::ProxyLogon), State::CannotTell);
}

#[test]
fn what_is_later_than_the_table_is_fixed_and_strangers_are_not_judged() {
    let judgement = builds().judge(version("15.2.9999.1"), Hole::ProxyNotShell);
    assert_eq!(
        judgement,
        Judgement {
            state: State::Fixed,
            basis: Basis::Later
        }
    );
    assert_eq!(state("15.2.9999", Hole::ProxyLogon), State::Fixed);
    assert_eq!(state("15.20.4065.33", Hole::ProxyLogon), State::CannotTell);
    assert_eq!(state("1.2.3.4", Hole::ProxyLogon), State::CannotTell);
}

#[test]
fn exchange_2010_has_only_the_hole_behind_the_door() {
    assert_eq!(
        state("14.3.509.0", Hole::ProxyLogon),
        State::PartlyVulnerable
    );
    assert_eq!(state("14.3.513.0", Hole::ProxyLogon), State::Fixed);
    assert_eq!(state("14.3.509.0", Hole::ProxyShell), State::NotAffected);
}

#[test]
fn versions_are_read_as_logs_and_shells_write_them() {
    assert_eq!(version("15.01.2507.035"), version("15.1.2507.35"));
    assert_eq!(
        version("Version 15.1 (Build 2507.35)"),
        version("15.1.2507.35")
    );
    assert_eq!(
        version("Version 15.1 (Build 32507.35)"),
        version("15.1.2507.35")
    );
    for wrong in [
        "",
        "15.1",
        "15.1.",
        "15.1.2.3.4",
        "15.1.-2.3",
        "15.1.99999.3",
        "a.b.c",
    ] {
        assert_eq!(Version::parse(wrong), None, "{wrong}");
    }
    let page = "<link href=\"/owa/auth/15.1.2242/themes/resources/favicon.ico\"> 192.168.1.1";
    assert_eq!(
        Version::find_all(page).collect::<Vec<_>>(),
        [version("15.1.2242")]
    );
    assert_eq!(version("15.2.2562.17").release(), "Exchange Server SE");
    assert_eq!(version("15.2.1748.10").release(), "Exchange Server 2019");
}

#[test]
fn a_broken_table_is_refused_with_its_line() {
    let text = "# notice\n15.1.1.1,,fff,a\n15.1.1.1,,fff,b\n";
    assert_eq!(Builds::read(text).unwrap_err().line, 3);
    assert!(Builds::read("15.1.1.1,,fx,a").is_err());
    assert!(Builds::read("15.1.1,,fff,a").is_err());
}

proptest! {
    #[test]
    fn a_version_is_one_number_and_one_text(parts: [u16; 3], revision: Option<u16>) {
        let mut parts = parts;
        parts[0] &= 0x3fff;
        let version = Version::new(parts, revision);
        prop_assert_eq!(Version::unpacked(version.packed()), Some(version));
        prop_assert_eq!(Version::parse(&version.to_string()), Some(version));
    }

    #[test]
    fn the_order_of_numbers_is_the_order_of_versions(a: [u16; 4], b: [u16; 4]) {
        let version = |a: [u16; 4]| Version::new([a[0] & 0x3fff, a[1], a[2]], Some(a[3]));
        let (a, b) = (version(a), version(b));
        prop_assert_eq!(a.cmp(&b), a.packed().cmp(&b.packed()));
    }

    #[test]
    fn hostile_text_is_read_or_refused(input: Vec<u8>) {
        fuzz(&input);
    }
}
