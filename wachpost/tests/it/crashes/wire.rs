//! A socket to the server, read by lines, where a server that is gone is an outcome and not a failure of the test.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// How long the server may be silent.
const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// Why something did not come to its end.
#[derive(Debug)]
pub(super) enum Trouble {
    /// The server is gone: it was killed.
    Gone(String),
    /// The server answered, but not as it should, or did not answer in time.
    Wrong(String),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                Self::Wrong(format!("no answer within {ANSWER_WAIT:?}"))
            }
            _ => Self::Gone(error.to_string()),
        }
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct Wire(BufReader<TcpStream>);

impl Wire {
    pub(super) fn connect(port: u16) -> Result<Self, Trouble> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(ANSWER_WAIT))?;
        stream.set_write_timeout(Some(ANSWER_WAIT))?;
        Ok(Self(BufReader::new(stream)))
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        Ok(self.0.get_mut().write_all(bytes)?)
    }

    /// A line without its end.
    pub(super) fn line(&mut self) -> Result<String, Trouble> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line)?;
        if !line.ends_with(b"\r\n") {
            return Err(Trouble::Gone("the connection ended".into()));
        }
        line.truncate(line.len() - 2);
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    pub(super) fn exactly(&mut self, octets: usize) -> Result<Vec<u8>, Trouble> {
        let mut bytes = vec![0; octets];
        self.0.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}
