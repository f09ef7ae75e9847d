//! A name server that answers from memory: what reception asks of the domains that the corpus sends from.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use authenticity::txt_strings;

/// How often the thread looks whether it shall end.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// RFC 1035 4.1.1: octets of the header.
const HEADER_OCTETS: usize = 12;
/// Seconds that every answer holds.
const TTL_SECONDS: u32 = 3_600;

// RFC 1035 3.2.2, 3.2.4.
const TYPE_A: u16 = 1;
const TYPE_SOA: u16 = 6;
const TYPE_PTR: u16 = 12;
const TYPE_TXT: u16 = 16;
const CLASS_IN: u16 = 1;

/// The name that this machine's address has.
pub(crate) const HOST: &str = "mail.sender1.example";

/// It ends with the value.
#[derive(Debug)]
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    questions: Arc<AtomicU64>,
    ended: Arc<AtomicBool>,
}

impl NameServer {
    /// Every domain under `example` lets 127.0.0.1 send, has this DKIM key as `key1`, and wants all else refused.
    pub(crate) fn start(dkim: String) -> Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_read_timeout(Some(LOOK_EVERY))?;
        let server = Self {
            address: socket.local_addr()?,
            questions: Arc::default(),
            ended: Arc::default(),
        };
        let (questions, ended) = (Arc::clone(&server.questions), Arc::clone(&server.ended));
        std::thread::spawn(move || {
            let mut packet = [0; 1_232];
            while !ended.load(Ordering::Relaxed) {
                let Ok((size, from)) = socket.recv_from(&mut packet) else {
                    continue;
                };
                if let Some(answer) = answer(&packet[..size], &dkim) {
                    questions.fetch_add(1, Ordering::Relaxed);
                    let _ = socket.send_to(&answer, from);
                }
            }
        });
        Ok(server)
    }

    /// How many questions it answered.
    pub(crate) fn questions(&self) -> u64 {
        self.questions.load(Ordering::Relaxed)
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
    }
}

/// RFC 1035 4.1: the answer to a message with one question.
fn answer(question: &[u8], dkim: &str) -> Option<Vec<u8>> {
    let (name, end) = name(question)?;
    let kind = u16::from_be_bytes([*question.get(end)?, *question.get(end + 1)?]);
    let asked = question.get(HEADER_OCTETS..end + 4)?;
    let data = data(&name, kind, dkim);
    let mut answer = question[..2].to_vec();
    // RFC 1035 4.1.1: an answer, to one who wants recursion, from one who does it; without an error.
    answer.extend_from_slice(&[0x81, 0x80, 0, 1]);
    // RFC 2308 2.2: that there is nothing is said by a SOA, and kept as long as that holds.
    answer.extend_from_slice(if data.is_some() {
        &[0, 1, 0, 0, 0, 0]
    } else {
        &[0, 0, 0, 1, 0, 0]
    });
    answer.extend_from_slice(asked);
    match data {
        // RFC 1035 4.1.4: a pointer to the name in the question.
        Some(data) => record(&mut answer, &[0xc0, 12], kind, &data),
        None => {
            let mut soa = encoded("ns.example");
            soa.extend(encoded("hostmaster.example"));
            for number in [1, 3_600, 600, 86_400, TTL_SECONDS] {
                soa.extend_from_slice(&number.to_be_bytes());
            }
            record(&mut answer, &[0], TYPE_SOA, &soa);
        }
    }
    Some(answer)
}

fn record(out: &mut Vec<u8>, owner: &[u8], kind: u16, data: &[u8]) {
    out.extend_from_slice(owner);
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&CLASS_IN.to_be_bytes());
    out.extend_from_slice(&TTL_SECONDS.to_be_bytes());
    let octets = u16::try_from(data.len()).unwrap_or(0);
    out.extend_from_slice(&octets.to_be_bytes());
    out.extend_from_slice(data);
}

/// What there is under a name.
fn data(name: &str, kind: u16, dkim: &str) -> Option<Vec<u8>> {
    let text = |text: &str| {
        let strings = txt_strings(text);
        let octets = strings.iter().flat_map(|string| {
            let length = u8::try_from(string.len()).unwrap_or(0);
            std::iter::once(length).chain(string.bytes())
        });
        octets.collect()
    };
    let domain = name.strip_suffix(".example");
    match kind {
        TYPE_PTR if name == "1.0.0.127.in-addr.arpa" => Some(encoded(HOST)),
        TYPE_A if domain.is_some() => Some(vec![127, 0, 0, 1]),
        TYPE_TXT => match domain?.split('.').collect::<Vec<_>>().as_slice() {
            [_] => Some(text("v=spf1 ip4:127.0.0.1 -all")),
            ["_dmarc", _] => Some(text("v=DMARC1; p=reject")),
            ["key1", "_domainkey", _] => Some(text(dkim)),
            _ => None,
        },
        _ => None,
    }
}

/// The name of the question in lower case, and where it ends.
fn name(question: &[u8]) -> Option<(String, usize)> {
    let (mut name, mut at) = (String::new(), HEADER_OCTETS);
    loop {
        let length = usize::from(*question.get(at)?);
        at += 1;
        if length == 0 {
            return Some((name, at));
        }
        let label = question.get(at..at + length)?;
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(&String::from_utf8_lossy(label).to_ascii_lowercase());
        at += length;
    }
}

fn encoded(name: &str) -> Vec<u8> {
    let labels = name.split('.').flat_map(|label| {
        let length = u8::try_from(label.len()).unwrap_or(0);
        std::iter::once(length).chain(label.bytes())
    });
    labels.chain([0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &str, kind: u16) -> Vec<u8> {
        let mut question = vec![7, 8, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        question.extend(encoded(name));
        question.extend_from_slice(&kind.to_be_bytes());
        question.extend_from_slice(&CLASS_IN.to_be_bytes());
        question
    }

    #[test]
    fn what_is_asked_for_is_answered() {
        let found = answer(&asked("_DMARC.sender3.example", TYPE_TXT), "key").unwrap();
        assert_eq!(found[..2], [7, 8]);
        assert_eq!(found[6..12], [0, 1, 0, 0, 0, 0]);
        assert!(found.ends_with(b"\x12v=DMARC1; p=reject"));
        let found = answer(&asked("key1._domainkey.sender3.example", TYPE_TXT), "key").unwrap();
        assert!(found.ends_with(b"\x03key"));
    }

    #[test]
    fn what_is_not_there_is_said_so() {
        let found = answer(&asked("sender3.example", 15), "key").unwrap();
        assert_eq!(found[6..12], [0, 0, 0, 1, 0, 0]);
        assert_eq!(answer(&[0; 12], "key"), None);
    }
}
