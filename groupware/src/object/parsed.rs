//! Calendar objects that were read once and are kept, within a bound, for the next question.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use icalendar::CalendarObject;
use model::BlobRef;
use store::Engine;

use super::view::Object;
use crate::Groupware;
use crate::error::Error;

/// Octets of all read objects that are kept.
const PARSED_OCTETS_MAX: usize = 64 * 1024 * 1024;

/// Octets of a read object for each octet of its body: measured on the corpus, rounded up.
const PARSED_FACTOR: usize = 8;

/// How many octets read objects take at the moment.
#[derive(Debug, Default)]
pub(crate) struct ParsedBudget(Arc<AtomicUsize>);

/// Where an object's reading is kept, once it was read.
#[derive(Debug, Default)]
pub(crate) struct ParsedSlot(OnceLock<Kept>);

#[derive(Debug)]
struct Kept {
    object: Arc<CalendarObject>,
    octets: usize,
    budget: Arc<AtomicUsize>,
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.budget.fetch_sub(self.octets, Ordering::Relaxed);
    }
}

impl ParsedSlot {
    fn get(&self) -> Option<Arc<CalendarObject>> {
        self.0.get().map(|kept| Arc::clone(&kept.object))
    }

    fn keep(&self, object: &Arc<CalendarObject>, octets: usize, budget: &ParsedBudget) {
        let before = budget.0.fetch_add(octets, Ordering::Relaxed);
        let kept = Kept {
            object: Arc::clone(object),
            octets,
            budget: Arc::clone(&budget.0),
        };
        if before.saturating_add(octets) <= PARSED_OCTETS_MAX {
            // Somebody else may have been faster, which is as good.
            drop(self.0.set(kept));
        }
    }
}

/// An object with its reading; none if its body cannot be read.
pub(crate) type Read = (Arc<Object>, Option<Arc<CalendarObject>>);

impl Groupware {
    /// Reads those of the objects that were not read yet, all in one go.
    pub(crate) async fn read_objects(&self, objects: Vec<Arc<Object>>) -> Result<Vec<Read>, Error> {
        let mut read: Vec<Read> = Vec::with_capacity(objects.len());
        let mut missing = Vec::new();
        for object in objects {
            let parsed = object.parsed.get();
            if parsed.is_none() {
                missing.push(read.len());
            }
            read.push((object, parsed));
        }
        if missing.is_empty() {
            return Ok(read);
        }
        let budget = Arc::clone(&self.parsed);
        self.blocking(move |engine| {
            fill(engine, &mut read, &missing, &budget)?;
            Ok(read)
        })
        .await
    }
}

fn fill(
    engine: &dyn Engine,
    read: &mut [Read],
    missing: &[usize],
    budget: &ParsedBudget,
) -> Result<(), Error> {
    let blobs: Vec<BlobRef> = missing
        .iter()
        .filter_map(|place| read.get(*place))
        .map(|(object, _)| object.row.blob)
        .collect();
    engine.bodies(&blobs, &mut |at, body| {
        let slot = missing.get(at).and_then(|place| read.get_mut(*place));
        if let Some((object, parsed)) = slot
            && let Ok(found) = CalendarObject::read_message(body)
        {
            let found = Arc::new(found);
            object
                .parsed
                .keep(&found, body.len() * PARSED_FACTOR, budget);
            *parsed = Some(found);
        }
        ControlFlow::Continue(())
    })?;
    Ok(())
}
