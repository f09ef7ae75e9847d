//! The command's end of the admin socket.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::frame::{self, ANSWER_OCTETS_MAX, Answer, HEADER_OCTETS};
use crate::{Failure, Progress, Reply, Request};

/// Time for the server to take a request. An answer may take as long as the work.
const WRITE_TIMEOUT: Duration = Duration::from_secs(60);

/// A conversation with a running server. Blocks.
#[derive(Debug)]
pub struct Client {
    stream: UnixStream,
    path: PathBuf,
}

/// Why there is no reply.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The server said why.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// The conversation broke.
    #[error(
        "the server that listens on `{path}` ended the conversation ({why}): look into its log"
    )]
    Broken {
        /// The socket.
        path: PathBuf,
        /// What happened.
        why: String,
    },
}

impl Client {
    /// Connects to the server behind this socket; none if nobody listens there.
    ///
    /// # Errors
    /// The socket cannot be opened, such as for want of the right to.
    pub fn connect(path: &Path) -> io::Result<Option<Self>> {
        let stream = match UnixStream::connect(path) {
            Ok(stream) => stream,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        stream.set_write_timeout(Some(WRITE_TIMEOUT))?;
        Ok(Some(Self {
            stream,
            path: path.to_owned(),
        }))
    }

    /// Sends a request and waits for its reply; `report` is told how far long work is.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn call(
        &mut self,
        request: &Request,
        report: &mut dyn FnMut(Progress),
    ) -> Result<Reply, CallError> {
        let frame = frame::encode(request).map_err(|error| self.broken(&error))?;
        self.stream
            .write_all(&frame)
            .map_err(|error| self.broken(&error))?;
        loop {
            match self.read()? {
                Answer::Progress(progress) => report(progress),
                Answer::Reply(reply) => return Ok(*reply),
                Answer::Failure(failure) => return Err(failure.into()),
            }
        }
    }

    fn read(&mut self) -> Result<Answer, CallError> {
        let mut header = [0; HEADER_OCTETS];
        self.read_exact(&mut header)?;
        let octets =
            frame::length(header, ANSWER_OCTETS_MAX).map_err(|error| self.broken(&error))?;
        let mut value = vec![0; octets];
        self.read_exact(&mut value)?;
        frame::decode(&value).map_err(|error| self.broken(&error))
    }

    fn read_exact(&mut self, octets: &mut [u8]) -> Result<(), CallError> {
        self.stream
            .read_exact(octets)
            .map_err(|error| self.broken(&error))
    }

    fn broken(&self, why: &dyn std::fmt::Display) -> CallError {
        CallError::Broken {
            path: self.path.clone(),
            why: why.to_string(),
        }
    }
}
