//! The suite that every engine must pass: each promise of [`Engine`] as an example, and a comparison with a model.
//!
//! [`run`] panics where a promise is broken. [`run_random`] does the same random things to the engine and to a
//! model and compares what both answer and what can be read from them. Engines are to be opened with
//! [`extract`], so that the suite knows which words are in which message.
//!
//! **Invariant:** nothing here knows an engine; whoever calls opens one.

#![expect(
    clippy::unwrap_used,
    reason = "a suite of tests: whatever fails is to end the test"
)]

mod subject;

mod journal;

mod mailboxes;

mod emails;

mod retention;

mod collections;

mod objects;

mod versions;

mod threads;

mod search;

mod directory;

mod mail_settings;

mod together;

mod uploads;

mod compare;

mod random;

use std::sync::Arc;

use crate::engine::Engine;
use crate::text::{Extract, SearchText};

pub use compare::{compare, consistent};
pub use random::{Reopen, run_random, run_random_reopening};

/// Opens an empty engine.
pub type Open<'a> = &'a dyn Fn() -> Arc<dyn Engine>;

/// One check; it gets an empty engine and panics where a promise is broken.
pub type Check = fn(&Arc<dyn Engine>);

/// Every check by its name; each gets an empty engine of its own.
pub const CHECKS: &[(&str, Check)] = &[
    (
        "entries are numbered and chained",
        journal::numbers_and_chains,
    ),
    (
        "a failing request leaves nothing",
        journal::fails_as_a_whole,
    ),
    (
        "requests of one batch are decided in order",
        journal::keeps_the_order_of_a_batch,
    ),
    (
        "a request for another state is refused",
        journal::refuses_another_state,
    ),
    (
        "what changes nothing is no entry",
        journal::writes_nothing_for_nothing,
    ),
    ("the journal is read in pages", journal::is_read_in_pages),
    (
        "notices come in order and after visibility",
        journal::notifies_in_order,
    ),
    (
        "time does not go back within an account",
        journal::keeps_time,
    ),
    ("a stopped engine says so", journal::stops),
    (
        "mailboxes have names, places and roles",
        mailboxes::have_names_places_and_roles,
    ),
    (
        "mailboxes nest so deep and in no circle",
        mailboxes::nest_without_circles,
    ),
    ("mailboxes are destroyed", mailboxes::are_destroyed),
    (
        "mailboxes are shared and subscribed to",
        mailboxes::are_shared,
    ),
    ("emails are added with all they have", emails::are_added),
    (
        "keywords change and say exactly what",
        emails::keywords_change_exactly,
    ),
    (
        "keywords are left alone if they changed since",
        emails::unchanged_since,
    ),
    ("own keywords get bits and keep them", emails::own_keywords),
    ("emails are copied", emails::are_copied),
    ("emails are moved", emails::are_moved),
    (
        "an email is touched once per request",
        emails::are_touched_once,
    ),
    (
        "a request cannot contradict itself",
        emails::requests_cannot_contradict_themselves,
    ),
    ("bytes are kept as they came", emails::bytes_are_kept),
    (
        "one message for many accounts",
        emails::one_message_for_many,
    ),
    ("the quota holds", emails::quota_holds),
    (
        "emails are destroyed and restored",
        retention::destroyed_and_restored,
    ),
    ("emails are purged with their bytes", retention::purged),
    ("messages wait in the queue", retention::queue),
    (
        "a queued message stands differently",
        retention::queue_standing,
    ),
    (
        "collections have names and properties",
        collections::have_names_and_properties,
    ),
    (
        "folders nest so deep and in no circle",
        collections::nest_without_circles,
    ),
    (
        "collections are shared and have deputies",
        collections::are_shared,
    ),
    ("collections are destroyed", collections::are_destroyed),
    (
        "objects are put and replaced",
        objects::are_put_and_replaced,
    ),
    ("conditions on objects hold", objects::conditions_hold),
    ("UIDs of objects are unique", objects::uids_are_unique),
    ("objects are moved", objects::are_moved),
    (
        "an object is touched once per request",
        objects::are_touched_once,
    ),
    ("changes of objects add up", objects::changes_add_up),
    ("schedule tags change and stay", objects::schedule_tags),
    ("the quota holds for objects", objects::quota_holds),
    (
        "bodies come in the order asked for",
        versions::bodies_come_in_order,
    ),
    ("earlier bodies are restored", versions::are_restored),
    (
        "bodies come from elsewhere in the store",
        versions::come_from_elsewhere,
    ),
    ("earlier bodies are purged", versions::are_purged),
    (
        "uploads are kept for whoever brought them",
        uploads::are_kept_for_whoever_brought_them,
    ),
    ("uploads are bounded", uploads::are_bounded),
    (
        "uploads go when their time is over",
        uploads::go_when_their_time_is_over,
    ),
    ("threads join by reference and subject", threads::join),
    ("words are found with and without umlauts", search::words),
    ("words are found in their fields", search::fields),
    ("search is never behind", search::never_behind),
    ("the index can be made again", search::reindex),
    ("addresses are unique", directory::addresses_are_unique),
    ("principals come, change and go", directory::principals),
    ("groups know their members", directory::groups),
    ("credentials come and go", directory::credentials),
    ("credentials count on", directory::credentials_count_on),
    (
        "lists, rights to send and forwards are kept",
        mail_settings::are_kept,
    ),
    ("archives are kept", mail_settings::archives),
    (
        "requests that stand together fall together",
        together::all_or_none,
    ),
    ("many threads submit at once", together::many_threads),
    ("readers see whole commits only", together::whole_commits),
];

/// Runs every check on an engine of its own.
///
/// # Panics
/// Where a promise is broken.
pub fn run(open: Open<'_>) {
    for (name, check) in CHECKS {
        let engine = open();
        check(&engine);
        // The stopped engine has nothing more to say.
        if engine.size().is_ok() {
            let sound = consistent(&*engine);
            assert!(sound.is_ok(), "after `{name}`: {sound:?}");
            engine.stop();
        }
    }
}

/// The searchable text of the suite's messages: header fields up to the empty line, then the body, all UTF-8.
#[must_use]
pub fn extract() -> Extract {
    Arc::new(text_of)
}

fn text_of(message: &[u8]) -> SearchText {
    let message = String::from_utf8_lossy(message);
    let (header, body) = message.split_once("\r\n\r\n").unwrap_or((&message, ""));
    let mut text = SearchText {
        body: body.into(),
        ..SearchText::default()
    };
    for line in header.split("\r\n") {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        let field = match name {
            "From" => &mut text.from,
            "To" => &mut text.to,
            "Cc" => &mut text.cc,
            "Bcc" => &mut text.bcc,
            "Subject" => &mut text.subject,
            _ => continue,
        };
        field.push_str(value);
    }
    text
}
