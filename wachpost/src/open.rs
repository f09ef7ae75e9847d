//! Opening: store, directory and groupware over one data folder.

use std::sync::Arc;

use admin::{ListenerInfo, Locks, Services};
use directory::{Directory, Random, Secret};
use groupware::{Groupware, message};
use model::{Clock, Timestamp};
use store::{Engine, SearchText, Store};
use store_local::{LocalEngine, Options, Sign};

use crate::clock::wall_clock;
use crate::config::Config;
use crate::notary::{Notary, memory_of};
use crate::problem::{Exit, Problem};
use crate::storage::Storage;

/// A data folder that is open, with all that works on it.
#[derive(Debug)]
pub(crate) struct House {
    pub(crate) engine: Arc<LocalEngine>,
    pub(crate) groupware: Groupware,
    pub(crate) storage: Arc<Storage>,
    pub(crate) random: Random,
    pub(crate) started_at: Timestamp,
}

/// Who signs the journal, with what else comes from the key.
pub(crate) struct Seal {
    pub(crate) signer: Arc<dyn Sign>,
    pub(crate) stand_in_key: Secret<[u8; 32]>,
}

impl Seal {
    /// This process does the notary's work: for commands that run where the server does not.
    pub(crate) fn in_this_process(config: &Config) -> Result<Self, Problem> {
        let mut notary = Notary::load(&config.notary_key)?;
        let stand_in_key = std::mem::replace(&mut notary.stand_in_key, Secret::new([0; 32]));
        Ok(Self {
            signer: Arc::new(notary.in_this_process(&memory_of(config))?),
            stand_in_key,
        })
    }
}

impl House {
    /// Opens the data folder; must be called inside of the runtime.
    pub(crate) fn open(config: &Config, seal: Seal) -> Result<Self, Problem> {
        let (clock, random) = (wall_clock(), Random::system());
        let engine = engine(config, Some(seal.signer), clock.clone())?;
        let store = Store::new(Arc::clone(&engine) as Arc<dyn Engine>);
        let settings = directory::Settings {
            stand_in_key: Some(seal.stand_in_key),
            ..config.directory_settings()
        };
        let directory = Directory::new(store.clone(), clock.clone(), random.clone(), settings);
        Ok(Self {
            storage: Arc::new(Storage::new(Arc::clone(&engine), &config.data)),
            groupware: Groupware::new(store, directory, clock.clone())
                .with_filter_policy(config.filter.into()),
            engine,
            random,
            started_at: clock.now(),
        })
    }

    /// What administration works with.
    pub(crate) fn services(
        &self,
        listeners: Vec<ListenerInfo>,
        locks: Option<Arc<dyn Locks>>,
    ) -> Services {
        Services {
            groupware: self.groupware.clone(),
            storage: Arc::clone(&self.storage) as Arc<dyn admin::Storage>,
            random: self.random.clone(),
            started_at: self.started_at,
            listeners: listeners.into(),
            version: env!("CARGO_PKG_VERSION"),
            by: None,
            surroundings: None,
            locks,
            witnesses: None,
        }
    }
}

/// Opens the data folder alone; without a signer nothing is signed.
pub(crate) fn engine(
    config: &Config,
    signer: Option<Arc<dyn Sign>>,
    clock: Clock,
) -> Result<Arc<LocalEngine>, Problem> {
    LocalEngine::open(&config.data, options(signer, clock)).map_err(|error| {
        let problem = Problem::from(error);
        let message = format!(
            "cannot open the data folder `{}`: {problem}",
            config.data.display()
        );
        Problem::new(Exit::Unavailable, message)
    })
}

/// How the engine is opened.
pub(crate) fn options(signer: Option<Arc<dyn Sign>>, clock: Clock) -> Options {
    Options {
        extract: Arc::new(extract),
        signer,
        clock,
    }
}

/// The words of a message that is indexed anew.
fn extract(octets: &[u8]) -> SearchText {
    let text = message::parse(octets).text;
    SearchText {
        from: text.from,
        to: text.to,
        cc: text.cc,
        bcc: text.bcc,
        subject: text.subject,
        body: text.body,
    }
}
