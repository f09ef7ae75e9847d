//! What is measured for monitoring.

mod faces;

mod locks;

mod queue;

mod reception;

mod witness;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use admin::{Family, Metrics, Sample, Storage as _, Type};
use listen::{Counters, Reading};

use super::counts::CommitCounts;
use super::faces::MailFaces;
use super::tlog::Witnessing;
use crate::notary::Counts;
use crate::open::House;
use crate::posture::Locks;

type ByService = Vec<(&'static str, Arc<Counters>)>;

/// Everything that there is to measure.
pub(crate) fn metrics(
    counters: &ByService,
    mail: &MailFaces,
    house: &House,
    counts: &Arc<CommitCounts>,
    waiting: &Arc<transport::Counters>,
    locks: &(Arc<Locks>, Arc<Counts>),
    witnessing: &Witnessing,
) -> Metrics {
    let mut families = connections(counters);
    families.extend(mail_in(mail));
    families.extend(faces::families(mail));
    families.extend(commits(counts));
    families.extend(stored(house));
    families.extend(queue::families(waiting, house));
    families.extend(reception::families(&mail.reception));
    families.extend(locks::families(&locks.0, &locks.1));
    families.extend(witness::families(witnessing));
    let directory = house.groupware.directory().clone();
    families.push(Family::new(
        "wachpost_password_hashes_total",
        "Passwords hashed, to check one or to set one.",
        Type::Counter,
        move || vec![Sample::plain(directory.hash_runs())],
    ));
    Metrics::new(families)
}

type Pick = fn(&Reading) -> u64;

fn connections(counters: &ByService) -> Vec<Family> {
    let families: [(&'static str, &'static str, Type, Pick); 8] = [
        (
            "wachpost_connections_open",
            "Connections open now.",
            Type::Gauge,
            |read| read.open,
        ),
        (
            "wachpost_connections_accepted_total",
            "Connections accepted.",
            Type::Counter,
            |read| read.accepted,
        ),
        (
            "wachpost_connections_refused_total",
            "Connections refused because of a limit.",
            Type::Counter,
            |read| read.refused,
        ),
        (
            "wachpost_tls_handshakes_total",
            "TLS handshakes that succeeded.",
            Type::Counter,
            |read| read.tls_handshakes,
        ),
        (
            "wachpost_tls_failures_total",
            "TLS handshakes that failed.",
            Type::Counter,
            |read| read.tls_failures,
        ),
        (
            "wachpost_panics_total",
            "Connections that ended in a panic.",
            Type::Counter,
            |read| read.panics,
        ),
        (
            "wachpost_received_bytes_total",
            "Octets read from clients.",
            Type::Counter,
            |read| read.octets_in,
        ),
        (
            "wachpost_sent_bytes_total",
            "Octets written to clients.",
            Type::Counter,
            |read| read.octets_out,
        ),
    ];
    families
        .into_iter()
        .map(|(name, help, kind, pick)| {
            let counters = counters.clone();
            Family::new(name, help, kind, move || by_service(&counters, pick))
        })
        .collect()
}

/// One number for each service, however many places it listens at.
fn by_service(counters: &ByService, pick: Pick) -> Vec<Sample> {
    let mut sums: Vec<(&'static str, u64)> = Vec::new();
    for (service, counters) in counters {
        let value = pick(&counters.read());
        match sums.iter_mut().find(|(known, _)| known == service) {
            Some((_, sum)) => *sum += value,
            None => sums.push((service, value)),
        }
    }
    sums.into_iter()
        .map(|(service, value)| Sample::labelled("service", service, value))
        .collect()
}

type PickMail = fn(&smtp::Reading) -> u64;

/// What came in, and who signed in to send.
fn mail_in(mail: &MailFaces) -> Vec<Family> {
    let families: [(&'static str, &'static str, PickMail); 8] = [
        (
            "wachpost_messages_accepted_total",
            "Messages taken.",
            |read| read.messages_accepted,
        ),
        (
            "wachpost_messages_deferred_total",
            "Messages put off for a later try.",
            |read| read.messages_put_off,
        ),
        (
            "wachpost_messages_refused_total",
            "Messages refused.",
            |read| read.messages_refused,
        ),
        (
            "wachpost_recipients_accepted_total",
            "Recipients taken.",
            |read| read.recipients_accepted,
        ),
        (
            "wachpost_recipients_deferred_total",
            "Recipients put off for a later try.",
            |read| read.recipients_put_off,
        ),
        (
            "wachpost_recipients_refused_total",
            "Recipients refused.",
            |read| read.recipients_refused,
        ),
        (
            "wachpost_smtp_sign_ins_total",
            "Sign-ins to send mail.",
            |read| read.sign_ins,
        ),
        (
            "wachpost_smtp_sign_in_failures_total",
            "Failed sign-ins to send mail.",
            |read| read.sign_in_failures,
        ),
    ];
    families
        .into_iter()
        .map(|(name, help, pick)| {
            let mail = mail.clone();
            Family::new(name, help, Type::Counter, move || {
                [
                    ("mx", &mail.mx),
                    ("submission", &mail.submission),
                    ("lmtp", &mail.lmtp),
                ]
                .into_iter()
                .map(|(service, face)| {
                    Sample::labelled("service", service, pick(&face.counters().read()))
                })
                .collect()
            })
        })
        .collect()
}

fn commits(counts: &Arc<CommitCounts>) -> Vec<Family> {
    type Pick = fn(&CommitCounts) -> &AtomicU64;
    let families: [(&'static str, &'static str, Pick); 5] = [
        (
            "wachpost_commits_total",
            "Commits made durable.",
            |counts| &counts.commits,
        ),
        (
            "wachpost_emails_added_total",
            "Emails delivered or added.",
            |counts| &counts.emails_added,
        ),
        (
            "wachpost_added_bytes_total",
            "Octets of emails delivered or added.",
            |counts| &counts.octets_added,
        ),
        (
            "wachpost_emails_destroyed_total",
            "Emails destroyed.",
            |counts| &counts.emails_destroyed,
        ),
        (
            "wachpost_enqueued_total",
            "Messages accepted for elsewhere.",
            |counts| &counts.enqueued,
        ),
    ];
    families
        .into_iter()
        .map(|(name, help, pick)| {
            let counts = Arc::clone(counts);
            Family::new(name, help, Type::Counter, move || {
                vec![Sample::plain(pick(&counts).load(Relaxed))]
            })
        })
        .collect()
}

fn stored(house: &House) -> Vec<Family> {
    let storage = Arc::clone(&house.storage);
    let entries = Arc::clone(&house.storage);
    vec![
        Family::new(
            "wachpost_journal_entries",
            "Entries in the journal.",
            Type::Gauge,
            move || {
                let sizes = entries.sizes();
                sizes.map_or_else(|_| Vec::new(), |sizes| vec![Sample::plain(sizes.entries)])
            },
        ),
        Family::new(
            "wachpost_stored_bytes",
            "Octets on disk.",
            Type::Gauge,
            move || {
                storage.sizes().map_or_else(
                    |_| Vec::new(),
                    |sizes| {
                        vec![
                            Sample::labelled("part", "journal", sizes.journal_octets),
                            Sample::labelled("part", "state", sizes.state_octets),
                            Sample::labelled("part", "search", sizes.search_octets),
                        ]
                    },
                )
            },
        ),
    ]
}
