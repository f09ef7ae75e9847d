//! A witness that behaves as it is told: cosigns, lies, is slow, is not there.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use seal::{Checkpoint, CosignatureKind, Hash, Submission, WitnessKey, WitnessSigningKey};

/// Nobody waits longer for a request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How slow a slow one is: longer than it is waited for.
const SLOW: Duration = Duration::from_secs(40);

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Cosigns what it is shown.
    Honest,
    /// Does not listen.
    Down,
    /// Takes the request and says nothing.
    Slow,
    /// This status.
    Status(u16),
    /// Cosigns with another key than it is known by.
    OtherKey,
    /// Cosigns as of long ago.
    OtherTime,
    /// Cosigns something else than it is shown.
    OtherCheckpoint,
    /// Says 200 and nothing of the kind.
    Babble,
    /// 409 with this size.
    Conflict(u64),
    /// 409 with another size each time.
    Fickle,
}

/// The witness; it listens until the test ends.
#[derive(Clone)]
pub(super) struct Stub {
    pub(super) name: &'static str,
    pub(super) port: u16,
    manner: Arc<Mutex<Manner>>,
    asked: Arc<Mutex<u64>>,
}

impl Stub {
    pub(super) fn start(name: &'static str, manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stub = Self {
            name,
            port: listener.local_addr().unwrap().port(),
            manner: Arc::new(Mutex::new(manner)),
            asked: Arc::default(),
        };
        // The port of one that is down is free again.
        if manner != Manner::Down {
            let serving = stub.clone();
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    let serving = serving.clone();
                    thread::spawn(move || serving.converse(&stream));
                }
            });
        }
        stub
    }

    fn signing_key(&self, seed: u8) -> WitnessSigningKey {
        let seed = *Hash::of(format!("{}{seed}", self.name).as_bytes()).as_bytes();
        let name = format!("{}.example", self.name).parse().unwrap();
        WitnessSigningKey::from_seed(name, CosignatureKind::Ed25519, &seed)
    }

    /// The key that it is known by.
    pub(super) fn key(&self) -> WitnessKey {
        self.signing_key(1).verifier().clone()
    }

    pub(super) fn behave(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    fn converse(&self, mut stream: &TcpStream) -> Option<()> {
        stream.set_read_timeout(Some(REQUEST_TIMEOUT)).ok()?;
        let mut reader = BufReader::new(stream);
        let mut fields = HashMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            match line.trim_end().split_once(": ") {
                Some((name, value)) => drop(fields.insert(name.to_lowercase(), value.to_owned())),
                None if line == "\r\n" => break,
                None => {}
            }
        }
        let length = fields.get("content-length")?.parse().ok()?;
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let (status, kind, text) = self.answer(&Submission::parse(&body).ok()?);
        let length = text.len();
        let head = format!(
            "HTTP/1.1 {status} x\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(format!("{head}{text}").as_bytes()).ok()
    }

    fn answer(&self, submission: &Submission) -> (u16, &'static str, String) {
        let asked = {
            let mut asked = self.asked.lock().unwrap();
            *asked += 1;
            *asked
        };
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap()
            .as_secs();
        let checkpoint: Checkpoint = submission.note.text().parse().unwrap();
        let signed = |seed: u8, checkpoint: &Checkpoint, at: u64| {
            let line = self.signing_key(seed).cosign(checkpoint, at).unwrap();
            (200, "text/plain", format!("{line}\n"))
        };
        let size = |size: u64| (409, "text/x.tlog.size", format!("{size}\n"));
        match *self.manner.lock().unwrap() {
            Manner::Honest | Manner::Down => signed(1, &checkpoint, now),
            Manner::Slow => {
                thread::sleep(SLOW);
                signed(1, &checkpoint, now)
            }
            Manner::Status(status) => (status, "text/plain", "no\n".to_owned()),
            Manner::OtherKey => signed(2, &checkpoint, now),
            Manner::OtherTime => signed(1, &checkpoint, now - 86_400),
            Manner::OtherCheckpoint => {
                let other =
                    Checkpoint::new(checkpoint.origin(), checkpoint.size(), Hash::of(b"other"));
                signed(1, &other.unwrap(), now)
            }
            Manner::Babble => (200, "text/plain", "welcome!\n".to_owned()),
            Manner::Conflict(theirs) => size(theirs),
            // Never the size that it is asked from.
            Manner::Fickle => size(1 + asked % 2 + u64::from(submission.old_size == 1 + asked % 2)),
        }
    }
}
