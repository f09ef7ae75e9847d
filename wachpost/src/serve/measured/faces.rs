//! What clients asked of the faces, and who of them was let in.

use std::sync::Arc;

use admin::{Family, Sample, Type};
use listen::FaceCounters;

use crate::serve::faces::MailFaces;

/// A metric: its name, what it says, and where it stands.
type Row = (&'static str, &'static str, fn(&FaceCounters) -> u64);

const IMAP: [Row; 3] = [
    (
        "wachpost_imap_commands_total",
        "IMAP commands.",
        FaceCounters::requests,
    ),
    (
        "wachpost_imap_sign_ins_total",
        "Sign-ins to read mail.",
        FaceCounters::sign_ins,
    ),
    (
        "wachpost_imap_sign_in_failures_total",
        "Failed sign-ins to read mail.",
        FaceCounters::sign_ins_refused,
    ),
];
const MANAGESIEVE: [Row; 3] = [
    (
        "wachpost_managesieve_commands_total",
        "ManageSieve commands.",
        FaceCounters::requests,
    ),
    (
        "wachpost_managesieve_sign_ins_total",
        "Sign-ins to change filters.",
        FaceCounters::sign_ins,
    ),
    (
        "wachpost_managesieve_sign_in_failures_total",
        "Failed sign-ins to change filters.",
        FaceCounters::sign_ins_refused,
    ),
];
const DAV: [Row; 3] = [
    (
        "wachpost_dav_requests_total",
        "WebDAV requests.",
        FaceCounters::requests,
    ),
    (
        "wachpost_dav_sign_ins_total",
        "WebDAV requests of somebody who was let in.",
        FaceCounters::sign_ins,
    ),
    (
        "wachpost_dav_sign_in_failures_total",
        "Failed sign-ins over WebDAV.",
        FaceCounters::sign_ins_refused,
    ),
];
const JMAP: [Row; 3] = [
    (
        "wachpost_jmap_requests_total",
        "JMAP requests, over HTTP and WebSockets.",
        FaceCounters::requests,
    ),
    (
        "wachpost_jmap_sign_ins_total",
        "JMAP requests over HTTP of somebody who was let in.",
        FaceCounters::sign_ins,
    ),
    (
        "wachpost_jmap_sign_in_failures_total",
        "Failed sign-ins over JMAP.",
        FaceCounters::sign_ins_refused,
    ),
];

pub(super) fn families(mail: &MailFaces) -> Vec<Family> {
    let faces = [
        (IMAP, mail.imap.counters()),
        (MANAGESIEVE, mail.managesieve.counters()),
        (DAV, mail.dav.counters()),
        (JMAP, mail.jmap.counters()),
    ];
    let families = faces.into_iter().flat_map(|(rows, counters)| {
        rows.map(|(name, help, pick)| {
            let counters = Arc::clone(counters);
            Family::new(name, help, Type::Counter, move || {
                vec![Sample::plain(pick(&counters))]
            })
        })
    });
    families.collect()
}
