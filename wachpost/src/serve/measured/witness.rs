//! How much of our history witnesses have fixed, and what we do as one.

use std::sync::Arc;

use admin::{Family, HistoryInfo, Sample, Type};

use crate::serve::tlog::Witnessing;
use crate::witness::Standing;

pub(super) fn families(witnessing: &Witnessing) -> Vec<Family> {
    let mut families = vec![as_witness(witnessing)];
    if let Some(standing) = &witnessing.standing {
        families.extend(of_witnesses(standing));
    }
    families
}

/// What other logs asked of us.
fn as_witness(witnessing: &Witnessing) -> Family {
    let face = witnessing.face.clone();
    Family::new(
        "wachpost_tlog_answers_total",
        "What became of requests about our tree, and of checkpoints that other logs had cosigned; a split view means that another \
         log showed two histories.",
        Type::Counter,
        move || {
            let counters = face.counters();
            [
                ("shown", counters.shown()),
                ("cosigned", counters.cosigned()),
                ("refused", counters.refused()),
                ("split_view", counters.split_views()),
            ]
            .into_iter()
            .map(|(answer, count)| Sample::labelled("answer", answer, count))
            .collect()
        },
    )
}

fn of_witnesses(standing: &Arc<Standing>) -> Vec<Family> {
    type Pick = fn(&HistoryInfo) -> Vec<Sample>;
    let families: [(&'static str, &'static str, Pick); 4] = [
        (
            "wachpost_history_fixed_entries",
            "Entries of the journal, from the first, that enough witnesses have cosigned.",
            |history| vec![Sample::plain(history.fixed_entries.unwrap_or(0))],
        ),
        (
            "wachpost_history_unfixed_seconds",
            "Age of the oldest entry that too few witnesses have cosigned, 0 if there is none; missing if too few have cosigned \
             anything.",
            |history| {
                history
                    .unfixed_seconds
                    .into_iter()
                    .map(Sample::plain)
                    .collect()
            },
        ),
        (
            "wachpost_witness_well",
            "Whether a witness cosigns as it should.",
            |history| {
                let each = history.witnesses.iter();
                each.map(|one| Sample::labelled("witness", &one.name, u64::from(one.why.is_none())))
                    .collect()
            },
        ),
        (
            "wachpost_witness_cosigned_entries",
            "Entries of the tree that a witness cosigned last.",
            |history| {
                let each = history.witnesses.iter();
                each.map(|one| Sample::labelled("witness", &one.name, one.entries.unwrap_or(0)))
                    .collect()
            },
        ),
    ];
    let mut all: Vec<_> = families
        .into_iter()
        .map(|(name, help, pick)| {
            let standing = Arc::clone(standing);
            Family::new(name, help, Type::Gauge, move || pick(&standing.history()))
        })
        .collect();
    let standing = Arc::clone(standing);
    all.push(Family::new(
        "wachpost_witness_answers_total",
        "Cosignatures that came.",
        Type::Counter,
        {
            let standing = Arc::clone(&standing);
            move || {
                let each = standing.counts().into_iter();
                each.map(|(name, answers, _)| Sample::labelled("witness", &name, answers))
                    .collect()
            }
        },
    ));
    all.push(Family::new(
        "wachpost_witness_failures_total",
        "How often a witness did not cosign, for whatever reason.",
        Type::Counter,
        move || {
            let each = standing.counts().into_iter();
            each.map(|(name, _, failures)| Sample::labelled("witness", &name, failures))
                .collect()
        },
    ));
    all
}
