//! Opening: store, directory and groupware over one data folder.

use std::sync::Arc;

use admin::{ListenerInfo, Services};
use directory::{Directory, Random};
use groupware::{Groupware, message};
use model::{Clock, Timestamp};
use store::{Engine, SearchText, Store};
use store_local::{LocalEngine, Options};

use crate::clock::wall_clock;
use crate::config::Config;
use crate::notary::Notary;
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

impl House {
    /// Opens the data folder; must be called inside of the runtime.
    pub(crate) fn open(config: &Config) -> Result<Self, Problem> {
        let notary = Notary::load(&config.notary_key)?;
        let (clock, random) = (wall_clock(), Random::system());
        let options = options(&notary, clock.clone());
        let engine = LocalEngine::open(&config.data, options).map_err(|error| {
            let problem = Problem::from(error);
            let message = format!(
                "cannot open the data folder `{}`: {problem}",
                config.data.display()
            );
            Problem::new(Exit::Unavailable, message)
        })?;
        let store = Store::new(Arc::clone(&engine) as Arc<dyn Engine>);
        let settings = directory::Settings {
            stand_in_key: Some(notary.stand_in_key),
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
    pub(crate) fn services(&self, listeners: Vec<ListenerInfo>) -> Services {
        Services {
            groupware: self.groupware.clone(),
            storage: Arc::clone(&self.storage) as Arc<dyn admin::Storage>,
            random: self.random.clone(),
            started_at: self.started_at,
            listeners: listeners.into(),
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// How the engine is opened.
pub(crate) fn options(notary: &Notary, clock: Clock) -> Options {
    Options {
        extract: Arc::new(extract),
        signer: Some(Arc::new(notary.signer())),
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
