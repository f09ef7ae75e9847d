//! The transparency log: what of our tree is shown, who cosigns other logs, and who is asked to cosign ours.

use std::sync::Arc;
use std::time::Duration;

use seal::{Note, Tile, TileId};
use store_local::History;
use tlog::{Failure, Log, Settings, Tlog};

use super::Served;
use crate::open::House;
use crate::problem::Problem;
use crate::witness::{Asking, Standing, Tree};

/// The face, and how our witnesses stand, as far as they are wanted.
#[derive(Clone, Debug)]
pub(super) struct Witnessing {
    pub(super) face: Tlog,
    pub(super) standing: Option<Arc<Standing>>,
}

impl Witnessing {
    /// For administration.
    pub(super) fn witnesses(&self) -> Option<Arc<dyn admin::Witnesses>> {
        let standing = self.standing.clone()?;
        Some(standing)
    }
}

/// Puts it together, and begins to ask the witnesses.
pub(super) fn begin(served: &Served<'_>, house: &House) -> Result<Witnessing, Problem> {
    let config = served.config;
    let clock = house.groupware.clock().clone();
    let tree = Tree::open(&config.data)?;
    let standing = config.witness.asked().map(|policy| {
        let standing = Standing::open(policy.clone(), &config.data, tree.clone(), clock.clone());
        Arc::new(standing)
    });
    if let Some(standing) = &standing {
        let asking = Asking {
            standing: Arc::clone(standing),
            egress: served.egress.clone(),
            interval: Duration::from_secs(u64::from(config.witness.interval_seconds)),
        };
        let asking = asking.run(served.stopping.clone(), served.tracker.clone());
        served.tracker.spawn(asking);
    }
    let face = Tlog::new(Settings {
        log: Arc::new(Shown {
            tree,
            standing: standing.clone(),
        }),
        witness: Arc::clone(&served.cosigner) as Arc<dyn tlog::Witness>,
        logs: config.witness.logs.clone(),
        clock,
    });
    Ok(Witnessing { face, standing })
}

/// Our log, as the world sees it.
#[derive(Debug)]
struct Shown {
    tree: Tree,
    standing: Option<Arc<Standing>>,
}

impl Log for Shown {
    fn checkpoint(&self) -> Result<Option<String>, Failure> {
        let found = self
            .tree
            .ask(History::checkpoint)
            .map_err(|error| failure(&error))?;
        let Some((_, text)) = found else {
            return Ok(None);
        };
        let Some(standing) = &self.standing else {
            return Ok(Some(text));
        };
        let mut note = Note::parse(text.as_bytes()).map_err(|error| failure(&error))?;
        for line in standing.cosignatures(&note) {
            // What does not fit any more is known to those who cosigned it.
            let _ = note.add(line);
        }
        Ok(Some(note.to_string()))
    }

    fn tile(&self, id: TileId, width: usize) -> Result<Option<Tile>, Failure> {
        self.tree
            .ask(|tree| tree.tile_of(id, width))
            .map_err(|error| failure(&error))
    }
}

fn failure(error: &dyn std::fmt::Display) -> Failure {
    Failure(error.to_string())
}
