//! How well the processes are locked in, and what the notary does.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use admin::{Family, Locks as _, Sample, Type};

use crate::notary::Counts;
use crate::posture::Locks;

pub(super) fn families(locks: &Arc<Locks>, notary: &Arc<Counts>) -> Vec<Family> {
    let (locks, notary) = (Arc::clone(locks), Arc::clone(notary));
    vec![
        Family::new(
            "wachpost_layers_missing",
            "Layers that should keep a process locked in, and that the kernel does not enforce.",
            Type::Gauge,
            move || {
                let posture = locks.posture();
                let missing = posture.processes.iter().map(|process| {
                    let missing = process.layers.iter().filter(|layer| !layer.on).count();
                    let missing = u64::try_from(missing).unwrap_or(u64::MAX);
                    Sample::labelled("process", &process.process, missing)
                });
                missing.collect()
            },
        ),
        Family::new(
            "wachpost_notary_answers_total",
            "What became of trees that the notary was to sign; a refused one means that the journal was changed behind its back.",
            Type::Counter,
            move || {
                [
                    ("signed", &notary.signed),
                    ("refused", &notary.refused),
                    ("unavailable", &notary.unavailable),
                ]
                .into_iter()
                .map(|(answer, count)| Sample::labelled("answer", answer, count.load(Relaxed)))
                .collect()
            },
        ),
    ]
}
