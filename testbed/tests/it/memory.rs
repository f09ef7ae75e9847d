//! The in-memory engine passes the suite of every engine, and its journal gives its state again.

use std::sync::Arc;

use store::conformance;
use testbed::MemoryEngine;

#[test]
fn keeps_every_promise_of_an_engine() {
    conformance::run(&|| MemoryEngine::open(conformance::extract()));
}

#[test]
fn random_histories_replay_to_the_same_state() {
    let engines = std::sync::Mutex::new(Vec::new());
    let open = || {
        let engine = MemoryEngine::new(conformance::extract());
        engines.lock().unwrap().push(Arc::clone(&engine));
        engine as Arc<dyn store::Engine>
    };
    let model = || MemoryEngine::open(conformance::extract());
    conformance::run_random(&open, &model, 64);
    for engine in engines.into_inner().unwrap() {
        engine.check().unwrap();
    }
}
