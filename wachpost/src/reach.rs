//! Reaching the data: over the admin socket if a server has the data folder, by opening the folder if none does.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::sync::Arc;
use std::time::Duration;

use admin::{Client, Progress, Reply, Report, Request, Services, execute};
use store::Engine;
use tokio::runtime::Runtime;

use crate::config::Config;
use crate::open::{House, Seal};
use crate::problem::{Exit, Problem};
use crate::progress::ProgressLine;
use crate::runtime;

/// Time for work that was begun to end, once a command is done.
const END_TIMEOUT: Duration = Duration::from_secs(10);

/// Whom a command asks. What is asked, and what it comes to, is the same for both.
pub(crate) enum Reach {
    /// A server that runs.
    Running(Client),
    /// The data folder, opened by this command.
    Offline(Box<Offline>),
}

pub(crate) struct Offline {
    runtime: Option<Runtime>,
    services: Services,
    house: House,
}

impl Reach {
    pub(crate) fn open(config: &Config) -> Result<Self, Problem> {
        let socket = config.admin_socket();
        let client = Client::connect(&socket).map_err(|error| {
            let advice = "run the command as the user that the server runs as";
            let message = format!("cannot open `{}`: {error}; {advice}", socket.display());
            Problem::new(Exit::Unavailable, message)
        })?;
        match client {
            Some(client) => Ok(Self::Running(client)),
            None => Offline::open(config).map(|offline| Self::Offline(Box::new(offline))),
        }
    }

    /// Asks for one thing; progress of long work is shown.
    pub(crate) fn ask(&mut self, request: Request) -> Result<Reply, Problem> {
        let mut line = ProgressLine::new();
        match self {
            Self::Running(client) => {
                let reply = client.call(&request, &mut |progress| line.show(&progress))?;
                Ok(reply)
            }
            Self::Offline(offline) => offline.ask(request, line),
        }
    }
}

impl Offline {
    fn open(config: &Config) -> Result<Self, Problem> {
        require_owner(config)?;
        let runtime = runtime::build()?;
        let house = {
            let _inside = runtime.enter();
            House::open(config, Seal::in_this_process(config)?)?
        };
        Ok(Self {
            services: house.services(Vec::new(), None),
            house,
            runtime: Some(runtime),
        })
    }

    fn ask(&mut self, request: Request, line: ProgressLine) -> Result<Reply, Problem> {
        let line = std::sync::Mutex::new(line);
        let report: Report = Arc::new(move |progress: Progress| {
            if let Ok(mut line) = line.lock() {
                line.show(&progress);
            }
        });
        let runtime = self
            .runtime
            .as_ref()
            .ok_or_else(|| Problem::failed("the data folder is closed"))?;
        Ok(runtime.block_on(Box::pin(execute(request, &self.services, &report)))?)
    }
}

/// Files that another user than the server's makes in the data folder would keep the server from starting.
fn require_owner(config: &Config) -> Result<(), Problem> {
    let (Ok(folder), Ok(own)) = (fs::metadata(&config.data), fs::metadata("/proc/self")) else {
        // There is no folder yet, or no way to know who we are: opening it will tell.
        return Ok(());
    };
    if folder.uid() == own.uid() {
        return Ok(());
    }
    let (data, owner) = (config.data.display(), folder.uid());
    Err(Problem::failed(format!(
        "`{data}` belongs to user {owner}, and this command runs as user {}: run it with `sudo -u '#{owner}'`",
        own.uid(),
    )))
}

impl Drop for Offline {
    /// Everything is durable already; this leaves a folded state behind, so that the next start is quick.
    fn drop(&mut self) {
        self.house.engine.stop();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(END_TIMEOUT);
        }
    }
}
