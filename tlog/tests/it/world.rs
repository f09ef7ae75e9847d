//! A site with a log in memory, and a witness that remembers in memory.

use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use listen::Connection;
use model::{Clock, ManualClock, Timestamp};
use seal::{
    Checkpoint, CosignatureKind, Frontier, Hash, Signature, SigningKey, Submission, Tile, TileId,
    TileSource, VerifierKey, WitnessSigningKey, prove_consistency,
};
use tlog::{Failure, Log, Refusal, Settings, Tlog, Witness};
use tokio::runtime::Runtime;

/// Nobody waits longer.
const PATIENCE: Duration = Duration::from_secs(30);
/// When it begins: 1,700,000,000 seconds.
const NOW: Timestamp = Timestamp(1_700_000_000_000);
/// Leaves of the log that is shown.
const LEAVES: u64 = 300;
/// Sizes that the transcripts speak of.
const SIZES: [u64; 5] = [0, 3, 5, 9, 12];

pub(crate) struct World {
    runtime: Runtime,
    tlog: Tlog,
    pub(crate) clock: ManualClock,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = ManualClock::new(NOW);
        let witness = Remembering {
            logs: vec![key("log.example", 1).verifier().clone()],
            clock: clock.clock(),
            last: Mutex::default(),
        };
        let settings = Settings {
            log: Arc::new(Tree::grown(LEAVES, 0)),
            logs: witness.logs.clone(),
            witness: Arc::new(witness),
            clock: clock.clock(),
        };
        Self {
            runtime: tokio::runtime::Builder::new_multi_thread()
                .worker_threads(1)
                .enable_all()
                .build()
                .unwrap(),
            tlog: Tlog::new(settings),
            clock,
        }
    }

    /// One end of a connection that is served.
    pub(crate) fn connect(&self) -> UnixStream {
        let (near, far) = UnixStream::pair().unwrap();
        far.set_nonblocking(true).unwrap();
        near.set_read_timeout(Some(PATIENCE)).unwrap();
        let router = self.tlog.router();
        self.runtime.spawn(async move {
            let far = tokio::net::UnixStream::from_std(far).unwrap();
            let connection = Connection::detached(far);
            listen::http::converse(connection, router, tlog::http_limits()).await;
        });
        near
    }

    /// What transcripts may say.
    pub(crate) fn known(&self) -> Vec<(String, String)> {
        let mut known = Vec::new();
        for (prefix, salt) in [("", 0), ("fork_", 1)] {
            for size in SIZES {
                let tree = Tree::grown(size, salt);
                known.push((format!("{prefix}root{size}"), tree.tree.root().to_base64()));
                known.push((
                    format!("{prefix}signed{size}"),
                    tree.signed(&key("log.example", 1)),
                ));
                for old in SIZES.into_iter().filter(|old| *old < size) {
                    for (number, hash) in (1..).zip(tree.proof(old)) {
                        known.push((
                            format!("{prefix}path{old}to{size}_{number}"),
                            hash.to_base64(),
                        ));
                    }
                }
            }
        }
        let tree = Tree::grown(5, 0);
        known.push((
            "stranger_signed5".to_owned(),
            tree.signed(&key("log.example", 9)),
        ));
        known
    }
}

fn key(name: &str, seed: u8) -> SigningKey {
    SigningKey::from_seed(name.parse().unwrap(), &[seed; 32])
}

/// A log in memory.
#[derive(Debug, Default)]
struct Tree {
    tree: Frontier,
    tiles: Vec<Tile>,
}

impl Tree {
    fn grown(size: u64, salt: u8) -> Self {
        let mut tree = Self::default();
        for leaf in 0..size {
            let leaf = Hash::leaf(&[&leaf.to_le_bytes()[..], &[salt]].concat());
            tree.tiles.extend(tree.tree.push(leaf));
        }
        tree
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint::new("log.example", self.tree.size(), self.tree.root()).unwrap()
    }

    fn signed(&self, key: &SigningKey) -> String {
        self.checkpoint().sign(key).unwrap().signatures()[0].to_string()
    }

    fn proof(&self, old: u64) -> Vec<Hash> {
        prove_consistency(old, self.tree.size(), &self.tree.over(self))
            .unwrap()
            .path
    }
}

impl TileSource for Tree {
    type Error = std::convert::Infallible;

    fn tile(&self, id: TileId) -> Result<Option<Vec<Hash>>, Self::Error> {
        let found = self.tiles.iter().find(|tile| tile.id == id);
        Ok(found.map(|tile| tile.hashes.clone()))
    }
}

impl Log for Tree {
    fn checkpoint(&self) -> Result<Option<String>, Failure> {
        let note = self.checkpoint().sign(&key("log.example", 1)).unwrap();
        Ok(Some(note.to_string()))
    }

    fn tile(&self, id: TileId, width: usize) -> Result<Option<Tile>, Failure> {
        if id.level == 6 {
            return Err(Failure("/secret/path is broken".to_owned()));
        }
        let hashes = self.tree.over(self).tile(id).unwrap();
        Ok(hashes
            .filter(|hashes| hashes.len() >= width)
            .map(|mut hashes| {
                hashes.truncate(width);
                Tile { id, hashes }
            }))
    }
}

/// A witness that keeps its memory in memory.
#[derive(Debug)]
struct Remembering {
    logs: Vec<VerifierKey>,
    clock: Clock,
    last: Mutex<HashMap<String, Checkpoint>>,
}

impl Witness for Remembering {
    fn cosign(&self, submission: &Submission) -> Result<Vec<Signature>, Refusal> {
        let mut last = self.last.lock().unwrap();
        let origin = submission.signed(&self.logs)?.origin().to_owned();
        let checkpoint = submission.check(&self.logs, last.get(&origin))?;
        if checkpoint.size() == 12 {
            return Err(Refusal::Unavailable("/secret/disk is full".to_owned()));
        }
        last.insert(origin, checkpoint.clone());
        let name = "w.example".parse().unwrap();
        let key = WitnessSigningKey::from_seed(name, CosignatureKind::Ed25519, &[2; 32]);
        let seconds = u64::try_from(self.clock.now().0).unwrap() / 1_000;
        Ok(vec![key.cosign(&checkpoint, seconds).unwrap()])
    }
}
