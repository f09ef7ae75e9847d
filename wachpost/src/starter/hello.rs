//! The first that a process of the house says on its socket: that it is locked in, and how; or why it does not work.

use std::fmt;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use admin::LayerInfo;
use serde::{Deserialize, Serialize};

use super::frame;
use crate::problem::{Exit, Problem};

/// How long a started process may take to say that it is there.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// Octets of what a process says at its start.
const HELLO_OCTETS_MAX: usize = 16 * 1024;

/// What a process of the house says first on its socket.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Hello {
    /// It is locked in and works.
    Open(Opening),
    /// It does not, with the exit code and the words for the administrator.
    Failed { config: bool, message: String },
}

/// What is known of a process that works.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Opening {
    pub(crate) layers: Vec<LayerInfo>,
    /// What the notary says besides.
    pub(crate) introduction: Option<Introduction>,
}

impl Hello {
    pub(crate) fn failed(problem: &Problem) -> Self {
        Self::Failed {
            config: problem.exit == Exit::Config,
            message: problem.message.clone(),
        }
    }

    pub(crate) fn send(&self, socket: &UnixStream) -> Result<(), Problem> {
        frame::write(&mut &*socket, self, HELLO_OCTETS_MAX)
            .map_err(|error| Problem::failed(error.to_string()))
    }

    pub(super) fn receive(socket: &UnixStream) -> Result<Opening, Problem> {
        let failed = |error: &dyn fmt::Display| {
            Problem::failed(format!("a process of the house does not start: {error}"))
        };
        socket
            .set_read_timeout(Some(START_TIMEOUT))
            .map_err(|error| failed(&error))?;
        let hello = frame::read(&mut &*socket, HELLO_OCTETS_MAX).map_err(|error| failed(&error))?;
        socket
            .set_read_timeout(None)
            .map_err(|error| failed(&error))?;
        match hello {
            Self::Open(opening) => Ok(opening),
            Self::Failed { config, message } => {
                let exit = if config { Exit::Config } else { Exit::Failed };
                Err(Problem::new(exit, message))
            }
        }
    }
}

/// What the notary tells at its start.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Introduction {
    /// For [`directory::Settings::stand_in_key`]: made from the key, which cannot be found out from it.
    pub(crate) stand_in_key: [u8; 32],
    /// Entries of the tree that it signed last.
    pub(crate) last_size: u64,
}

impl fmt::Debug for Introduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Introduction")
            .field("last_size", &self.last_size)
            .finish_non_exhaustive()
    }
}
