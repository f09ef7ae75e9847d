//! Preparing: all that needs rights which the server gives up before it serves; done by the one thread that there is so far.

use std::fs;
use std::os::unix::net::UnixStream;
use std::sync::Arc;

use ::egress::wire::Setup;
use directory::Secret;
use jmap::VapidKey;
use listen::TlsConfig;
use store::Engine as _;

use super::listeners::{self, Bound};
use super::load_tls;
use crate::clock::wall_clock;
use crate::config::Config;
use crate::notary::{self, Client, Counts, Notary};
use crate::open::{self, Seal};
use crate::posture::Locks;
use crate::problem::Problem;
use crate::push;
use crate::sandbox::{self, Role, Terms};
use crate::starter::{Ask, Papers, Plan, Starter};
use crate::{dkim, grants};

/// What there is once the process is locked in.
pub(super) struct Prepared {
    pub(super) terms: Terms,
    pub(super) tls: Option<TlsConfig>,
    pub(super) setup: Setup,
    pub(super) bound: Vec<Bound>,
    pub(super) locks: Arc<Locks>,
    pub(super) starter: Arc<Starter>,
    pub(super) seal: Seal,
    pub(super) notary: Arc<Counts>,
    pub(super) cosigner: Arc<Client>,
    pub(super) way_out: UnixStream,
    pub(super) vapid: Option<VapidKey>,
}

/// Reads what is read once, binds, starts the processes beside this one, and locks this process in.
pub(super) fn prepare(config: &Config, terms: &Terms) -> Result<Prepared, Problem> {
    let tls = load_tls(config)?;
    let setup = config.egress_setup()?;
    let vapid = push::key(config)?;
    let bound = match bind(config) {
        Ok(bound) => bound,
        Err(problem) => return Err(why_not(config).unwrap_or(problem)),
    };
    let Beside {
        starter,
        way_out,
        notary: client,
        stand_in_key,
    } = start(config, terms)?;
    let notary = client.counts();
    let client = Arc::new(client);
    // Keys that are made later are to be found.
    let _ = dkim::make_folder(&dkim::folder_of(config));
    let layers = sandbox::shut_in(Role::Serve, &grants::of(config), terms);
    Ok(Prepared {
        terms: terms.clone(),
        tls,
        setup,
        bound,
        locks: Arc::new(Locks::new(terms, layers, Arc::clone(&starter))),
        starter,
        seal: Seal {
            signer: Arc::clone(&client) as Arc<dyn store_local::Sign>,
            stand_in_key,
        },
        notary,
        cosigner: client,
        way_out,
        vapid,
    })
}

/// The processes beside this one.
struct Beside {
    starter: Arc<Starter>,
    way_out: UnixStream,
    notary: Client,
    stand_in_key: Secret<[u8; 32]>,
}

/// Starts the notary and the process that connects out.
fn start(config: &Config, terms: &Terms) -> Result<Beside, Problem> {
    Notary::look(&config.notary_key)?;
    let memory = absolute(&notary::memory_of(config));
    let papers = Papers {
        key: absolute(&config.notary_key),
        witnessed: notary::witnessed_of(&memory),
        memory,
        logs: config.witness.logs.clone(),
    };
    drop(notary::provide_memory(&papers.memory)?);
    if !papers.logs.is_empty() {
        drop(notary::provide_memory(&papers.witnessed)?);
    }
    let plan = Plan {
        log: config.log.clone(),
        papers: Some(papers),
        terms: terms.clone(),
    };
    let starter = Arc::new(Starter::begin(&plan)?);
    let (socket, opening) = starter.start(Ask::Notary)?;
    let introduction = opening
        .introduction
        .ok_or_else(|| Problem::failed("the notary does not say who it is"))?;
    let stand_in_key = Secret::new(introduction.stand_in_key);
    let notary = Client::new(Arc::clone(&starter), socket, &introduction);
    let (way_out, _) = starter.start(Ask::Egress)?;
    Ok(Beside {
        starter,
        way_out,
        notary,
        stand_in_key,
    })
}

/// The processes beside this one work in another folder.
fn absolute(path: &std::path::Path) -> std::path::PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn bind(config: &Config) -> Result<Vec<Bound>, Problem> {
    // The admin socket is in there; whether it can be made is told when it is opened.
    let _ = fs::create_dir_all(&config.data);
    listeners::bind(config)
}

/// What is wrong with the data folder, if it is that: another server that has it has the ports as well.
fn why_not(config: &Config) -> Option<Problem> {
    match open::engine(config, None, wall_clock()) {
        Ok(engine) => {
            engine.stop();
            None
        }
        Err(problem) => Some(problem),
    }
}
