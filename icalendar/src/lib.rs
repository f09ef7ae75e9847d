//! Calendar objects: what a text of RFC 5545 says, when it takes place, and which parts of it are asked for.
//!
//! Text comes in as bytes and is taken apart without loss ([`Tree`]); [`CalendarObject`] is a tree that has been found to be
//! one calendar object resource (RFC 4791 4.1). From it come a [`Summary`] to keep beside the bytes, [`Occurrence`]s, answers
//! to a [`Filter`], the parts a [`Retrieval`] asks for, and [`Busy`] times.
//!
//! Everything is bounded in size, work and occurrences by the constants in [`limit`]. Does no I/O, reads no clock, stores
//! nothing, and never changes the bytes it was given: where it writes text, that is text made for one answer.

mod fault;

pub mod limit;

mod civil;

mod value;

mod tree;

mod rule;

mod zone;

mod moment;

mod part;

mod object;

mod occurrence;

mod summary;

mod collation;

mod filter;

mod writer;

mod retrieval;

mod freebusy;

mod availability;

mod bundle;

mod attachment;

pub use attachment::{AttachmentEdit, AttachmentFault, ManagedAttachment, edit_attachments};
pub use availability::unavailable;
pub use bundle::{join, split};
pub use collation::Collation;
pub use fault::Fault;
pub use filter::{CompFilter, Filter, ParamFilter, PropFilter, TextMatch};
pub use freebusy::{Busy, BusyKind, FreeBusyAnswer, FreeBusyRequest, merge};
pub use moment::{Form, Moment};
pub use object::CalendarObject;
pub use occurrence::Occurrence;
pub use part::Kind;
pub use retrieval::{PropertyChoice, Retrieval, Selection};
pub use summary::{Class, Status, Summary, address};
pub use tree::{Component, Parameter, Property, Tree};
pub use value::Duration;
pub use zone::{Zone, write_timezone};

/// Reads a text and asks everything of it that can be asked; for fuzzing.
pub fn fuzz(input: &[u8]) {
    let _ = Tree::read(input);
    for piece in split(input).into_iter().flatten().take(FUZZ_PIECES_MAX) {
        ask(&piece);
    }
    ask(input);
}

/// An answer that is longer is not read again: many occurrences have more lines than one object may.
const FUZZ_ANSWER_OCTETS_MAX: usize = 1 << 20;
/// Pieces of a bundle that are looked into: enough for every path.
const FUZZ_PIECES_MAX: usize = 4;

fn ask(input: &[u8]) {
    let Ok(object) = CalendarObject::read_message(input) else {
        return;
    };
    let new = ManagedAttachment {
        managed_id: "a",
        media_type: None,
        file_name: "b",
        octets: 1,
        url: "c",
    };
    if let Ok(text) = edit_attachments(input, &[], &AttachmentEdit::Add(new)) {
        let is_there = |object: CalendarObject| object.managed_ids().contains("a");
        assert!(
            text.len() > limit::OBJECT_OCTETS_MAX
                || CalendarObject::read(&text).is_ok_and(is_there),
            "an attachment that was added is there"
        );
    }
    let summary = object.summary();
    let zone = Zone::named("Europe/Berlin").unwrap_or(Zone::UTC);
    let (year, all) = (1_767_225_600..1_798_761_600, i64::MIN..i64::MAX);
    for range in [year, all] {
        for occurrence in object
            .occurrences(range.clone(), &zone, 100)
            .iter()
            .flatten()
        {
            assert!(occurrence.start <= occurrence.end);
        }
        let alarm = CompFilter {
            time_range: Some(range.clone()),
            ..CompFilter::named("VALARM")
        };
        let main = CompFilter {
            time_range: Some(range.clone()),
            ..CompFilter::named(object.kind().component())
        };
        for filter in [
            main.clone(),
            CompFilter {
                comps: vec![alarm],
                time_range: None,
                ..main
            },
        ] {
            let filter = Filter::within_calendar(filter);
            let matches = filter.matches(&object, &zone);
            assert!(!matches || filter.may_match(&summary));
        }
        let _ = object.busy(range.clone(), &zone, None);
        let _ = unavailable(std::slice::from_ref(&object), range.clone(), &zone);
        for retrieval in [
            Retrieval {
                expand: Some(range.clone()),
                ..Retrieval::default()
            },
            Retrieval {
                limit_recurrence_set: Some(range.clone()),
                limit_freebusy_set: Some(range.clone()),
                ..Retrieval::default()
            },
        ] {
            if let Ok(text) = retrieval.apply(&object, &zone) {
                assert!(
                    text.len() > FUZZ_ANSWER_OCTETS_MAX || Tree::read(text.as_bytes()).is_ok(),
                    "what is written can be read"
                );
            }
        }
    }
    let _ = FreeBusyRequest::of(&object);
}
