//! A mail server that behaves as it is told: turns away, breaks off, is slow.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Nobody waits longer for a line.
const LINE_TIMEOUT: Duration = Duration::from_secs(60);

/// What it does with the next message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// Takes it.
    Take,
    /// `450` at RCPT, as greylisting does.
    Greylist,
    /// `554` after the final dot.
    Refuse,
    /// Closes the connection in the middle of the message.
    BreakOffInData,
    /// Sends one octet of each reply at a time.
    Drip,
}

/// What came.
#[derive(Clone, Debug)]
pub(crate) struct Taken {
    pub(crate) recipients: Vec<String>,
    pub(crate) message: String,
}

/// The server; it takes messages once it has behaved as it was told.
#[derive(Clone)]
pub(crate) struct Stub {
    manners: Arc<Mutex<VecDeque<Manner>>>,
    taken: Arc<Mutex<Vec<Taken>>>,
    port: u16,
}

impl Stub {
    /// Listens there, such as `127.0.0.1:0`, until the test ends.
    pub(crate) fn start(address: &str, manners: &[Manner]) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let stub = Self {
            manners: Arc::new(Mutex::new(manners.iter().copied().collect())),
            taken: Arc::default(),
            port: listener.local_addr().unwrap().port(),
        };
        let serving = stub.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let session = serving.clone();
                thread::spawn(move || session.converse(stream));
            }
        });
        stub
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// What it took so far.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }

    /// The manner for the message that begins now.
    fn next_manner(&self) -> Manner {
        self.manners
            .lock()
            .unwrap()
            .pop_front()
            .unwrap_or(Manner::Take)
    }

    fn converse(&self, stream: TcpStream) -> Option<()> {
        stream.set_read_timeout(Some(LINE_TIMEOUT)).ok()?;
        let mut out = stream.try_clone().ok()?;
        let mut lines = BufReader::new(stream);
        out.write_all(b"220 stub.test ESMTP\r\n").ok()?;
        let (mut manner, mut recipients) = (Manner::Take, Vec::new());
        loop {
            let mut line = String::new();
            if lines.read_line(&mut line).ok()? == 0 {
                return None;
            }
            let line = line.trim_end();
            let verb = line.split([' ', ':']).next()?.to_ascii_uppercase();
            let reply = match verb.as_str() {
                "EHLO" => "250-stub.test\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES",
                "MAIL" => {
                    manner = self.next_manner();
                    recipients.clear();
                    "250 2.1.0 ok"
                }
                "RCPT" if manner == Manner::Greylist => "450 4.7.1 come back later",
                "RCPT" => {
                    recipients.push(line.get(8..)?.trim_matches(['<', '>', ' ']).to_owned());
                    "250 2.1.5 ok"
                }
                "DATA" if recipients.is_empty() => "554 5.5.1 nobody to send it to",
                "DATA" => {
                    out.write_all(b"354 go ahead\r\n").ok()?;
                    let message = message(&mut lines, manner)?;
                    if manner != Manner::Refuse {
                        let recipients = std::mem::take(&mut recipients);
                        self.taken.lock().unwrap().push(Taken {
                            recipients,
                            message,
                        });
                    }
                    match manner {
                        Manner::Refuse => "554 5.6.0 we do not like it",
                        _ => "250 2.0.0 taken",
                    }
                }
                "QUIT" => "221 2.0.0 bye",
                _ => "250 2.0.0 ok",
            };
            for octet in format!("{reply}\r\n")
                .as_bytes()
                .chunks(if manner == Manner::Drip { 1 } else { 512 })
            {
                out.write_all(octet).ok()?;
            }
            if verb == "QUIT" {
                return Some(());
            }
        }
    }
}

/// Reads to the final dot; nothing if the connection is to be closed before.
fn message(lines: &mut impl BufRead, manner: Manner) -> Option<String> {
    let mut message = String::new();
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 || manner == Manner::BreakOffInData {
            return None;
        }
        if line == ".\r\n" {
            return Some(message);
        }
        message.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}
