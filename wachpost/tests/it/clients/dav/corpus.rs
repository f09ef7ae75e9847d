//! The calendars and contacts of the corpus: put over HTTP, they come back byte for byte or are refused for a reason.

use std::collections::BTreeMap;

use testbed::corpus::{Sample, corpus};

use super::http::{Answer, Http, elements, unfolded};
use crate::clients::site::{ANNA, Site};

/// Anna's address as the server writes it in paths.
const HOME: &str = "anna%40example.org";
/// The corpus has 978 calendars and 99 contacts.
const FILES_MAX: usize = 10_000;

/// What RFC 4791 5.3.2.1 and RFC 6352 6.3.2.1 let a server refuse an object for. All of the corpus is within the bounds of
/// size, so these are what the files can break.
const CONDITIONS: [&str; 7] = [
    "C:supported-calendar-component",
    "C:valid-calendar-data",
    "C:valid-calendar-object-resource",
    "A:supported-address-data",
    "A:valid-address-data",
    "C:max-instances",
    "C:no-uid-conflict",
];

/// How a collection took the files.
#[derive(Debug, Default)]
struct Tally {
    taken: BTreeMap<String, Vec<u8>>,
    refused: BTreeMap<String, Vec<String>>,
    replaced: usize,
}

/// What became of one file.
#[derive(Clone, Copy, Debug)]
enum Outcome<'a> {
    Taken,
    Refused(&'a str),
}

impl Tally {
    /// Puts each file; where its UID is taken, the file that has it makes room.
    fn put_all(http: &mut Http, collection: &str, media_type: &str, samples: &[Sample]) -> Self {
        let mut tally = Self::default();
        for (number, sample) in samples.iter().enumerate() {
            let path = format!("{collection}{number}");
            let mut answer = http.create(&path, media_type, &sample.bytes);
            if answer.condition().ends_with(":no-uid-conflict") {
                tally.make_room(http, &answer);
                answer = http.create(&path, media_type, &sample.bytes);
            }
            match answer.status {
                201 => {
                    let got = http.get(&path);
                    assert!(
                        got.body == sample.bytes,
                        "`{}` came back changed",
                        sample.name
                    );
                    if let Some(tag) = answer.field("etag") {
                        assert_eq!(got.field("etag"), Some(tag), "`{}`", sample.name);
                    }
                    tally.taken.insert(path, sample.bytes.clone());
                }
                403 => {
                    let condition = answer.condition();
                    let known = CONDITIONS.contains(&condition.as_str());
                    assert!(known, "`{}`: {}", sample.name, answer.text());
                    tally
                        .refused
                        .entry(condition)
                        .or_default()
                        .push(sample.name.clone());
                }
                status => panic!("`{}`: {status}: {}", sample.name, answer.text()),
            }
        }
        tally
    }

    /// RFC 4791 5.3.2.1: the refusal names the object that has the UID.
    fn make_room(&mut self, http: &mut Http, refusal: &Answer) {
        refusal
            .status
            .eq(&403)
            .then_some(())
            .expect("a conflict of UIDs is a refusal");
        let text = refusal.text();
        let hrefs = elements(&text, "D:href");
        let [href] = hrefs[..] else {
            panic!("no object is named: {text}");
        };
        assert!(self.taken.remove(href).is_some(), "{href} is none of ours");
        http.ask("DELETE", href, &[], b"").wanted(204);
        self.replaced += 1;
    }

    fn outcome(&self, name: &str) -> Outcome<'_> {
        let mut refused = self.refused.iter();
        let reason = refused.find(|(_, names)| names.iter().any(|refused| refused == name));
        reason.map_or(Outcome::Taken, |(condition, _)| Outcome::Refused(condition))
    }

    /// At the end everything that was taken is still what it was.
    fn look_again(&self, http: &mut Http, collection: &str) {
        let mut members = http.members(collection);
        members.sort();
        let mut taken: Vec<_> = self.taken.keys().cloned().collect();
        taken.sort();
        assert_eq!(members, taken);
        for (path, bytes) in &self.taken {
            assert!(&http.get(path).body == bytes, "{path} changed since");
        }
    }
}

/// What a file says, looked at line by line: not with the reader that is tested.
struct Seen {
    lines: Vec<String>,
}

impl Seen {
    fn of(sample: &Sample) -> Self {
        let text = unfolded(&String::from_utf8_lossy(&sample.bytes)).to_ascii_uppercase();
        Self {
            lines: text
                .lines()
                .map(|line| line.trim_end().to_owned())
                .collect(),
        }
    }

    fn count(&self, beginning: &str) -> usize {
        self.lines
            .iter()
            .filter(|line| line.starts_with(beginning))
            .count()
    }

    fn uids(&self) -> usize {
        let uids = self.lines.iter().filter(|line| line.starts_with("UID"));
        let mut uids: Vec<&String> = uids.collect();
        uids.sort();
        uids.dedup();
        uids.len()
    }

    fn stored_components(&self) -> usize {
        let kinds = ["BEGIN:VEVENT", "BEGIN:VTODO", "BEGIN:VJOURNAL"];
        let there = kinds.iter().filter(|kind| self.count(kind) > 0);
        there.count()
    }

    /// RFC 4791 4.1: one calendar with one component, or its overrides, and no method.
    fn is_calendar_object(&self) -> bool {
        self.count("BEGIN:VCALENDAR") == 1
            && self.count("METHOD") == 0
            && self.uids() == 1
            && self.stored_components() == 1
    }

    /// RFC 6352 5.1: one card.
    fn is_address_object(&self) -> bool {
        self.count("BEGIN:VCARD") == 1 && self.uids() <= 1
    }
}

#[test]
fn calendars_come_back_byte_for_byte_or_are_refused_for_a_reason() {
    let Some(samples) = corpus("calendars-contacts-mime", ".ics", FILES_MAX) else {
        return;
    };
    assert!(samples.len() > 900, "{} calendars", samples.len());
    let site = Site::start();
    let mut http = Http::sign_in(&site, ANNA);
    let collection = format!("/dav/calendars/{HOME}/calendar/");
    let media_type = "text/calendar; charset=utf-8";
    let tally = Tally::put_all(&mut http, &collection, media_type, &samples);
    tally.look_again(&mut http, &collection);
    // Most of the files are nothing but a time zone each; of the others most have several UIDs, a method, or are
    // spoilt on purpose.
    let taken = tally.taken.len() + tally.replaced;
    assert!(
        taken > 90,
        "{taken} were taken, these not: {:#?}",
        tally.refused
    );
    for sample in &samples {
        let seen = Seen::of(sample);
        let name = &sample.name;
        match tally.outcome(name) {
            Outcome::Taken => {
                assert!(seen.is_calendar_object(), "`{name}` was taken");
            }
            Outcome::Refused("C:supported-calendar-component") => {
                assert_eq!(seen.stored_components(), 0, "`{name}` has a component");
            }
            Outcome::Refused("C:valid-calendar-object-resource") => {
                let single = seen.is_calendar_object() && seen.count("RECURRENCE-ID") == 0;
                assert!(
                    !single || seen.count("BEGIN:V") > 2,
                    "`{name}` is one object"
                );
            }
            // Spoilt in ways of its own; `icalendar` has the list.
            Outcome::Refused("C:valid-calendar-data") => {}
            Outcome::Refused(other) => panic!("`{name}` is refused for {other}"),
        }
    }
    site.verify();
}

#[test]
fn contacts_come_back_byte_for_byte_or_are_refused_for_a_reason() {
    let Some(samples) = corpus("calendars-contacts-mime", ".vcf", FILES_MAX) else {
        return;
    };
    assert!(samples.len() > 90, "{} contacts", samples.len());
    let site = Site::start();
    let mut http = Http::sign_in(&site, ANNA);
    let collection = format!("/dav/addressbooks/{HOME}/contacts/");
    let media_type = "text/vcard; charset=utf-8";
    let tally = Tally::put_all(&mut http, &collection, media_type, &samples);
    tally.look_again(&mut http, &collection);
    let taken = tally.taken.len() + tally.replaced;
    assert!(
        taken > 50,
        "{taken} were taken, these not: {:#?}",
        tally.refused
    );
    for sample in &samples {
        let seen = Seen::of(sample);
        let name = &sample.name;
        let outcome = tally.outcome(name);
        match outcome {
            Outcome::Taken => assert!(seen.is_address_object(), "`{name}` was taken"),
            // vCard 2.1 has no media type of these protocols.
            Outcome::Refused("A:supported-address-data") => {
                assert_eq!(
                    seen.count("VERSION:3") + seen.count("VERSION:4"),
                    0,
                    "`{name}`"
                );
            }
            Outcome::Refused("A:valid-address-data") => {}
            Outcome::Refused(other) => panic!("`{name}` is refused for {other}"),
        }
    }
    site.verify();
}
