//! What journal and seal cost: the engine as it is, without the seal, and without entries, in turns on the same disk.
//!
//! All three write and sync the messages. Without the seal no hash chain and no tree are made and nothing is signed; without
//! entries what was done is folded into the state and not written down. Only a benchmark's build can leave them out.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use seal::SigningKey;
use store::Engine;
use store_local::{LeftOut, Signer};

use super::{Bench, Opening, measure};
use crate::meter::Cost;
use crate::report::{Figure, Goal, Report, Sample};
use crate::workload::Common;

/// How much.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// How many writers at once.
    #[arg(long, value_delimiter = ',', default_value = "16,64")]
    seal_writers: Vec<usize>,
    /// How many slices of two seconds each of the three gets in a round.
    #[arg(long, default_value_t = 6)]
    slices: usize,
}

/// Seconds of one slice: short, so that what else the machine does falls on all alike.
const SLICE_S: u64 = 2;
/// Accounts that the messages go to.
const ACCOUNTS: u32 = 200;
/// The share of the throughput that journal and seal together may cost.
const COST_MAX: f64 = 0.08;

/// What is left out, with its name in JSON.
const VARIANTS: [(&str, LeftOut); 3] = [
    (
        "whole",
        LeftOut {
            seal: false,
            entries: false,
        },
    ),
    (
        "unsealed",
        LeftOut {
            seal: true,
            entries: false,
        },
    ),
    (
        "bare",
        LeftOut {
            seal: true,
            entries: true,
        },
    ),
];

pub(crate) fn run(size: &Size, common: &Common) -> Result<Report> {
    let (writers, slices) = if common.quick {
        (&[16][..], 1)
    } else {
        (&size.seal_writers[..], size.slices)
    };
    let mut rounds = Vec::new();
    for round in 0..common.rounds {
        eprintln!("seal: round {} of {}", round + 1, common.rounds);
        let mut sample = Sample::new();
        for &writers in writers {
            let folder = tempfile::tempdir_in(&common.folder).context("a folder to write to")?;
            sample.extend(one(writers, slices, folder.path())?);
        }
        rounds.push(sample);
    }
    Ok(Report {
        title: format!(
            "what journal and seal cost: durable commits of 8 KiB messages; rounds: {}, slices of {SLICE_S} s in turns: \
             {slices}",
            common.rounds
        ),
        figures: writers
            .iter()
            .flat_map(|writers| figures(*writers))
            .collect(),
        servers: vec![("wachpost's engine".to_owned(), rounds)],
        notes: Vec::new(),
    })
}

fn one(writers: usize, slices: usize, folder: &Path) -> Result<Sample> {
    let open = |(name, left_out): (&str, LeftOut)| {
        let key = SigningKey::from_seed("bench.example/journal".parse()?, &[7; 32]);
        let signer = Signer {
            origin: "bench.example/journal".to_owned(),
            key: Arc::new(key),
        };
        let opening = Opening {
            accounts: ACCOUNTS,
            signer: (!left_out.seal).then(|| Arc::new(signer) as _),
            left_out,
        };
        Bench::open(&folder.join(name), opening)
    };
    let engines = VARIANTS.map(open).into_iter().collect::<Result<Vec<_>>>()?;
    let mut totals: Vec<(u64, f64, f64)> = vec![(0, 0.0, 0.0); engines.len()];
    for slice in 0..slices {
        for turn in 0..engines.len() {
            // Whoever comes first in one slice comes last in the next.
            let at = if slice % 2 == 0 {
                turn
            } else {
                engines.len() - 1 - turn
            };
            let (count, cost, _): (u64, Cost, f64) =
                measure(writers, SLICE_S, engines[at].worker(slice));
            let (commits, wall_s, cpu_s) = &mut totals[at];
            *commits += count;
            *wall_s += cost.wall_s;
            *cpu_s += cost.cpu_s;
        }
    }
    for engine in &engines {
        engine.engine.stop();
    }
    let mut sample = Sample::new();
    let mut put = |key: String, value: f64| {
        sample.insert(format!("{key}_{writers}"), value);
    };
    let mut rates = Vec::new();
    for ((name, _), (commits, wall_s, cpu_s)) in VARIANTS.iter().zip(&totals) {
        let commits = *commits as f64;
        put(format!("{name}_per_s"), commits / wall_s);
        put(format!("{name}_cpu_us"), cpu_s * 1e6 / commits);
        rates.push(commits / wall_s);
    }
    if let [whole, unsealed, bare] = rates[..] {
        put("seal_cost".to_owned(), 1.0 - whole / unsealed);
        put("cost".to_owned(), 1.0 - whole / bare);
    }
    Ok(sample)
}

fn figures(writers: usize) -> Vec<Figure> {
    let figure = |key: &str, label: &str, goal: Goal| {
        Figure::new(
            &format!("{key}_{writers}"),
            &format!("{writers:>3} writers: {label}"),
            goal,
        )
    };
    vec![
        figure("whole_per_s", "commits/s", Goal::None),
        figure("unsealed_per_s", "commits/s without the seal", Goal::None),
        figure(
            "bare_per_s",
            "commits/s without seal and entries",
            Goal::None,
        ),
        figure("whole_cpu_us", "CPU of a commit, us", Goal::None),
        figure("unsealed_cpu_us", "the same without the seal", Goal::None),
        figure(
            "bare_cpu_us",
            "the same without seal and entries",
            Goal::None,
        ),
        figure("seal_cost", "share that the seal costs", Goal::None),
        figure(
            "cost",
            "share that journal and seal cost",
            Goal::AtMost(COST_MAX),
        ),
    ]
}
