//! What is measured of the queue.

use std::sync::Arc;

use admin::{Family, Sample, Storage as _, Type};
use transport::{Counters, Reading};

use crate::open::House;

type Pick = fn(&Reading) -> u64;

/// What waits, what is under way, and what became of it.
pub(super) fn families(counters: &Arc<Counters>, house: &House) -> Vec<Family> {
    let now: [(&'static str, &'static str, Pick); 3] = [
        (
            "wachpost_queue_messages",
            "Messages that wait to be sent.",
            |read| read.waiting,
        ),
        (
            "wachpost_queue_deliveries_open",
            "Deliveries under way.",
            |read| read.under_way,
        ),
        (
            "wachpost_queue_destinations",
            "Destinations that something waits for.",
            |read| read.destinations,
        ),
    ];
    let counted: [(&'static str, &'static str, Pick); 8] = [
        (
            "wachpost_delivery_attempts_total",
            "Deliveries begun.",
            |read| read.attempts,
        ),
        (
            "wachpost_delivered_recipients_total",
            "Recipients that the next server took.",
            |read| read.delivered,
        ),
        (
            "wachpost_deferred_recipients_total",
            "Recipients put off for a later try, at each try.",
            |read| read.deferred,
        ),
        (
            "wachpost_bounced_recipients_total",
            "Recipients refused for good.",
            |read| read.failed,
        ),
        (
            "wachpost_expired_recipients_total",
            "Recipients given up because it took too long.",
            |read| read.given_up,
        ),
        (
            "wachpost_uncertain_deliveries_total",
            "Recipients of deliveries that ended without an answer: each may come twice.",
            |read| read.uncertain,
        ),
        (
            "wachpost_delays_told_total",
            "Messages whose sender was told that it takes long.",
            |read| read.delays_told,
        ),
        (
            "wachpost_notifications_total",
            "Delivery status notifications made.",
            |read| read.reports,
        ),
    ];
    let family = |kind: Type| {
        move |(name, help, pick): (&'static str, &'static str, Pick)| {
            let counters = Arc::clone(counters);
            Family::new(name, help, kind, move || {
                vec![Sample::plain(pick(&counters.read()))]
            })
        }
    };
    let mut families: Vec<Family> = now.into_iter().map(family(Type::Gauge)).collect();
    families.extend(counted.into_iter().map(family(Type::Counter)));
    families.push(oldest(house));
    families
}

fn oldest(house: &House) -> Family {
    let (storage, clock) = (Arc::clone(&house.storage), house.groupware.clock().clone());
    Family::new(
        "wachpost_queue_oldest_seconds",
        "For how long the oldest message has been waiting.",
        Type::Gauge,
        move || {
            let now = clock.now().seconds();
            storage.queue(1).map_or_else(
                |_| Vec::new(),
                |oldest| {
                    let accepted_at = oldest.first().map(|queued| queued.item.accepted_at);
                    let age = accepted_at.map_or(0, |at| now - at.seconds());
                    vec![Sample::plain(u64::try_from(age).unwrap_or_default())]
                },
            )
        },
    )
}
