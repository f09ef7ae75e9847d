//! Real calendar files: every one is read, and each that is refused breaks a rule that is named here.

use std::collections::BTreeMap;

use icalendar::{CalendarObject, Fault, Retrieval, Tree, Zone, join, split};
use testbed::corpus::{Sample, corpus};

/// More than any real series has, less than a hostile rule could make.
const OCCURRENCES_MAX: usize = 20_000;

fn samples() -> Option<Vec<Sample>> {
    corpus("calendars-contacts-mime", ".ics", usize::MAX)
}

/// What became of each file: `read`, or why not.
fn outcomes(
    samples: &[Sample],
    mut read: impl FnMut(&Sample) -> Result<(), Fault>,
) -> BTreeMap<String, Vec<&str>> {
    let mut outcomes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for sample in samples {
        let outcome = match read(sample) {
            Ok(()) => "read".to_owned(),
            Err(Fault::Data { why, .. }) => why.to_owned(),
            Err(fault) => fault.to_string(),
        };
        outcomes.entry(outcome).or_default().push(&sample.name);
    }
    for (outcome, names) in &outcomes {
        eprintln!(
            "{:5} {outcome}: {:?}",
            names.len(),
            &names[..names.len().min(12)]
        );
    }
    outcomes
}

/// From 1970 to 2040: where most of the files are, and as much of an endless series as can be looked through.
const YEARS: std::ops::Range<i64> = 0..2_208_988_800;

/// Everything that can be asked of an object holds together.
fn ask(object: &CalendarObject, name: &str) {
    let summary = object.summary();
    let zone = Zone::named("Europe/Berlin").expect("Berlin is known");
    let found = match object.occurrences(YEARS, &zone, OCCURRENCES_MAX) {
        Ok(found) => found,
        Err(fault) => panic!("{name}: {fault}"),
    };
    for occurrence in found.iter().take(20).chain(found.iter().rev().take(20)) {
        let range = occurrence.start..occurrence.end.max(occurrence.start + 1);
        assert!(
            summary.may_overlap(&range),
            "{name}: {summary:?} leaves out {occurrence:?}"
        );
        let near = object
            .occurrences(range, &zone, OCCURRENCES_MAX)
            .expect("a part of them is fewer");
        assert!(
            near.contains(occurrence),
            "{name}: {occurrence:?} is not found by its own time"
        );
    }
    let whole = Retrieval::default()
        .apply(object, &zone)
        .expect("nothing is expanded");
    let again = CalendarObject::read_message(whole.as_bytes())
        .expect("what was read and written is read again");
    assert_eq!(again.summary(), summary, "{name}");
    let last = found.last().map_or(0, |last| last.start);
    let expand = Retrieval {
        expand: Some(last - 90 * 86_400..last + 1),
        ..Retrieval::default()
    };
    let text = expand
        .apply(object, &zone)
        .expect("some months hold few occurrences");
    assert!(
        !text.contains("BEGIN:VTIMEZONE") && !text.contains("\nRRULE:") && !text.contains(";TZID="),
        "{name}: {text}"
    );
    Tree::read(text.as_bytes()).unwrap_or_else(|fault| panic!("{name}: {fault}"));
}

#[test]
fn every_file_is_read_or_refused_for_a_reason() {
    let Some(samples) = samples() else { return };
    let outcomes = outcomes(&samples, |sample| {
        let object = CalendarObject::read(&sample.bytes)?;
        ask(&object, &sample.name);
        Ok(())
    });
    // Every reason that refuses a file of the corpus, and the rule it breaks.
    let rules = [
        ("read", ""),
        ("END does not match BEGIN", "RFC 5545 3.6: `END:VCALENDARD`"),
        ("VERSION is not 2.0", "RFC 5545 3.7.4: required, and 2.0"),
        ("a component without END", "RFC 5545 3.6"),
        (
            "a control character",
            "RFC 5545 3.1: CONTROL stands in no value",
        ),
        (
            "a line outside of any component",
            "RFC 5545 3.4: a stream is made of components",
        ),
        (
            "a line without a colon after its name and parameters",
            "RFC 5545 3.1: contentline",
        ),
        ("a line without a name", "RFC 5545 3.1: contentline"),
        (
            "a property that may stand only once",
            "RFC 5545 3.6.1: MUST NOT occur more than once",
        ),
        (
            "a second calendar after the first",
            "RFC 4791 4.1: one object per resource",
        ),
        (
            "a time zone that is neither known nor defined",
            "RFC 5545 3.2.19: TZID needs a VTIMEZONE",
        ),
        (
            "an event without DTSTART",
            "RFC 5545 3.6.1: required without METHOD",
        ),
        ("not UTF-8", "RFC 5545 3.1.4"),
        ("not a VCALENDAR", "RFC 5545 3.4"),
        ("not a date or time", "RFC 5545 3.3.5: `2006717T080000Z`"),
        (
            "not a calendar object resource: METHOD stands only in scheduling messages",
            "RFC 4791 4.1",
        ),
        (
            "not a calendar object resource: a component without UID",
            "RFC 5545 3.8.4.7",
        ),
        (
            "not a calendar object resource: components of different kinds",
            "RFC 4791 4.1",
        ),
        (
            "not a calendar object resource: components with different UIDs",
            "RFC 4791 4.1",
        ),
        (
            "the calendar object holds no event, task, journal entry, free/busy time or availability",
            "RFC 4791 5.3.2.1: supported-calendar-component",
        ),
    ];
    for (outcome, names) in &outcomes {
        assert!(
            rules.iter().any(|(known, _)| known == outcome),
            "{outcome}: {names:?}"
        );
    }
    assert!(
        outcomes["read"].len() >= 95,
        "only {} files are read",
        outcomes["read"].len()
    );
}

#[test]
fn messages_and_whole_calendars_come_apart_into_objects() {
    let Some(samples) = samples() else { return };
    let (mut objects, mut refused) = (0, BTreeMap::<String, usize>::new());
    outcomes(&samples, |sample| {
        let pieces = split(&sample.bytes)?;
        for piece in &pieces {
            match CalendarObject::read(piece) {
                Ok(object) => {
                    objects += 1;
                    ask(&object, &sample.name);
                }
                Err(fault) => *refused.entry(fault.to_string()).or_default() += 1,
            }
        }
        let joined = join(pieces.iter().map(Vec::as_slice));
        assert_eq!(
            split(&joined)?.len(),
            pieces
                .iter()
                .map(|piece| key(piece))
                .collect::<std::collections::BTreeSet<_>>()
                .len(),
            "{}",
            sample.name
        );
        Ok(())
    });
    eprintln!("{objects} objects; refused: {refused:#?}");
    assert!(objects > 5_000, "only {objects} objects");
}

/// Kind and UID, by which pieces are told apart.
fn key(piece: &[u8]) -> String {
    let text = String::from_utf8_lossy(piece).into_owned();
    let uid = Tree::read(piece).ok().and_then(|tree| {
        let main = tree
            .root()
            .children()
            .find(|child| !child.is("VTIMEZONE"))?;
        Some(format!("{}:{}", main.name(), main.value("UID")?))
    });
    uid.unwrap_or(text)
}

#[test]
fn zones_defined_in_files_are_those_of_the_database() {
    let Some(samples) = samples() else { return };
    // One file for each zone of the 2025a database, so the years before are told the same way.
    let (from, until, step) = (631_152_000, 1_704_067_200, 4 * 86_400);
    let mut compared = 0;
    let mut different = Vec::new();
    for sample in samples
        .iter()
        .filter(|sample| sample.name.contains("ical4j"))
    {
        let Ok(tree) = Tree::read(&sample.bytes) else {
            continue;
        };
        let ours = |product: &str| product.contains("Olson 2025a");
        if !tree.root().value("PRODID").is_some_and(ours) {
            continue;
        }
        for component in tree.root().children().filter(|child| child.is("VTIMEZONE")) {
            let (Some(name), Some(defined)) =
                (component.value("X-LIC-LOCATION"), Zone::defined(component))
            else {
                continue;
            };
            let Some(zone) = Zone::named(name) else {
                continue;
            };
            compared += 1;
            let differs = |instant: &i64| defined.offset_at(*instant) != zone.offset_at(*instant);
            if let Some(instant) = (from..until).step_by(step).find(differs) {
                different.push(format!(
                    "{name} at {instant}: {} {}",
                    defined.offset_at(instant),
                    zone.offset_at(instant)
                ));
            }
        }
    }
    assert!(
        compared > 500 && different.is_empty(),
        "{} of {compared}",
        different.len()
    );
}
