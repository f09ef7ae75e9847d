mod counting;
mod importing;
mod looking;
mod recognising;

use proptest::prelude::*;

use super::import::{Imported, Options};
use super::*;

/// A store that has read this.
fn store_of(text: &str, date: Option<&str>) -> (Store, Imported) {
    let mut store = Store::in_memory().unwrap();
    let imported = add(&mut store, text.as_bytes(), date);
    (store, imported)
}

fn add(store: &mut Store, octets: &[u8], date: Option<&str>) -> Imported {
    let options = Options {
        format: None,
        date: date.map(|date| date.parse().unwrap()),
    };
    import::read(octets, "test", options, store, &mut |_| {}).unwrap()
}

/// `address port product version` of each host on the last day.
fn hosts(store: &Store) -> Vec<String> {
    let question = counting::question(store, &[]);
    let lines = count::list(store, &question).unwrap();
    let lines = lines.iter().map(|line| {
        [&line[0], &line[1], &line[3], &line[4]]
            .map(String::as_str)
            .join(" ")
    });
    lines.collect()
}

proptest! {
    #[test]
    fn hostile_octets_are_read_or_refused(input: Vec<u8>) {
        fuzz(&input);
    }

    #[test]
    fn hostile_texts_are_read_or_refused(input in "[{}\\[\\]\":,<>/a-z0-9. \\n=&;!-]{0,200}") {
        fuzz(input.as_bytes());
    }
}

/// What each format begins like, with damage in it.
#[test]
fn damaged_samples_are_read_or_refused() {
    for sample in importing::SAMPLES {
        for at in (0..sample.len()).step_by(7) {
            let mut octets = sample.as_bytes().to_vec();
            fuzz(&octets[..at]);
            octets[at] ^= 0x02;
            fuzz(&octets);
        }
    }
}
