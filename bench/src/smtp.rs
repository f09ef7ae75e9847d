//! A client that delivers messages by LMTP, pipelined as a mail transfer agent does it.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Result, bail, ensure};

/// How long an answer may take.
const ANSWER_WAIT: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Lmtp {
    socket: BufReader<TcpStream>,
    line: String,
    out: Vec<u8>,
}

impl Lmtp {
    pub(crate) fn connect(address: SocketAddr) -> Result<Self> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(ANSWER_WAIT))?;
        let mut client = Self {
            socket: BufReader::new(socket),
            line: String::new(),
            out: Vec::new(),
        };
        client.expect("220")?;
        client
            .socket
            .get_mut()
            .write_all(b"LHLO client.example.test\r\n")?;
        client.expect("250")?;
        Ok(client)
    }

    /// Delivers a message to one recipient. No line of it may start with a dot, and its last one must be ended.
    pub(crate) fn deliver(&mut self, to: &str, message: &[u8]) -> Result<()> {
        // RFC 2920 3.1: MAIL, RCPT and DATA may go out together, the message only after 354.
        let commands = format!("MAIL FROM:<sender@sender.example>\r\nRCPT TO:<{to}>\r\nDATA\r\n");
        self.socket.get_mut().write_all(commands.as_bytes())?;
        self.expect("250")?;
        self.expect("250")?;
        self.expect("354")?;
        self.out.clear();
        self.out.extend_from_slice(message);
        self.out.extend_from_slice(b".\r\n");
        self.socket.get_mut().write_all(&self.out)?;
        self.expect("250")
    }

    pub(crate) fn quit(mut self) -> Result<()> {
        self.socket.get_mut().write_all(b"QUIT\r\n")?;
        self.expect("221")
    }

    /// Reads a reply, all its lines.
    fn expect(&mut self, code: &str) -> Result<()> {
        loop {
            self.line.clear();
            ensure!(
                self.socket.read_line(&mut self.line)? > 0,
                "the server closed the connection"
            );
            if !self.line.starts_with(code) {
                bail!(
                    "instead of {code} the server said: {}",
                    self.line.trim_end()
                );
            }
            if self.line.as_bytes().get(3) != Some(&b'-') {
                return Ok(());
            }
        }
    }
}
