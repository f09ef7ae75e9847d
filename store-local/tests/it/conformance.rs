//! The embedded engine keeps every promise of an engine, and does what the model does, opened again or not.

use std::path::Path;
use std::sync::{Arc, Mutex};

use model::{Clock, Timestamp};
use store::{Engine, conformance};
use store_local::{LocalEngine, Options};
use tempfile::TempDir;
use testbed::MemoryEngine;

fn open(data: &Path) -> Arc<dyn Engine> {
    let options = Options {
        extract: conformance::extract(),
        signer: None,
        clock: Clock::new(|| Timestamp(0)),
    };
    LocalEngine::open(data, options).expect("the folder can be opened")
}

#[test]
fn keeps_every_promise_of_an_engine() {
    let folders = Mutex::new(Vec::new());
    conformance::run(&|| {
        let folder = TempDir::new().unwrap();
        let engine = open(folder.path());
        folders.lock().unwrap().push(folder);
        engine
    });
}

#[test]
fn does_what_the_model_does() {
    let folder: Mutex<Option<TempDir>> = Mutex::new(None);
    let anew = || {
        let new = TempDir::new().unwrap();
        let engine = open(new.path());
        *folder.lock().unwrap() = Some(new);
        engine
    };
    let reopen = |engine: Arc<dyn Engine>| {
        engine.stop();
        drop(engine);
        open(folder.lock().unwrap().as_ref().unwrap().path())
    };
    let model = || MemoryEngine::open(conformance::extract());
    conformance::run_random_reopening(&anew, &reopen, &model, 24);
}
