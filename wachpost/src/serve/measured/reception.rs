//! What is measured of mail from strangers, and of what scanners keep from going out.

use admin::{Family, Sample, Type};
use transport::Reception;
use transport::reception::Reading;

type Pick = fn(&Reading) -> u64;

/// What was decided, by the label `decision`.
pub(super) fn families(reception: &Reception) -> Vec<Family> {
    const ARRIVED: [(&str, Pick); 5] = [
        ("taken", |read| read.taken),
        ("junk", |read| read.junk),
        ("rejected", |read| read.rejected),
        ("deferred", |read| read.deferred),
        ("discarded", |read| read.discarded),
    ];
    const SENT: [(&str, Pick); 2] = [
        ("rejected", |read| read.sent_rejected),
        ("deferred", |read| read.sent_deferred),
    ];
    let family = |name, help, decisions: &'static [(&'static str, Pick)]| {
        let reception = reception.clone();
        Family::new(name, help, Type::Counter, move || {
            let read = reception.counters().read();
            let samples = decisions.iter();
            samples
                .map(|(decision, pick)| Sample::labelled("decision", *decision, pick(&read)))
                .collect()
        })
    };
    vec![
        family(
            "wachpost_received_messages_total",
            "Messages of strangers, by what was decided; junk is also taken.",
            &ARRIVED,
        ),
        family(
            "wachpost_submitted_messages_stopped_total",
            "Messages of our own that scanners kept from going out.",
            &SENT,
        ),
    ]
}
