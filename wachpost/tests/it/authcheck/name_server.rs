//! A DNS server with a handful of records, on loopback, for as long as a test holds it.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// What fits into a datagram here; longer answers go over TCP.
const DATAGRAM_OCTETS: usize = 1_200;

/// One record, or a word about the name.
#[derive(Clone, Debug)]
pub(super) enum Record {
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    Txt(Vec<Vec<u8>>),
    Mx(u16, String),
    Ptr(String),
    Cname(String),
    /// The server has no answer for questions of this type, or of any type that is not known before it.
    Failing(Option<u16>),
}

/// Names in lower case with their records.
#[derive(Clone, Debug, Default)]
pub(super) struct Zone(HashMap<String, Vec<Record>>);

impl Zone {
    pub(super) fn add(&mut self, name: &str, record: Record) {
        let name = name.trim_end_matches('.').to_ascii_lowercase();
        self.0.entry(name).or_default().push(record);
    }

    pub(super) fn txt(mut self, name: &str, text: &str) -> Self {
        let strings = text.as_bytes().chunks(255).map(<[u8]>::to_vec).collect();
        self.add(name, Record::Txt(strings));
        self
    }

    /// What answers one question: response code and records with their owners.
    fn answer(&self, name: &str, kind: u16) -> (u8, Vec<(String, Record)>) {
        let mut answers = Vec::new();
        let mut name = name.to_owned();
        for _ in 0..8 {
            let Some(records) = self.0.get(&name.to_ascii_lowercase()) else {
                let is_known = self
                    .0
                    .keys()
                    .any(|known| known.ends_with(&format!(".{}", name.to_ascii_lowercase())));
                return (if is_known { 0 } else { 3 }, answers);
            };
            let mut found = false;
            let mut next = None;
            for record in records {
                match record {
                    Record::Failing(None) if !found => return (2, Vec::new()),
                    Record::Failing(Some(failing)) if *failing == kind => return (2, Vec::new()),
                    Record::Cname(target) if kind != CNAME => next = Some(target.clone()),
                    _ if record.kind() != Some(kind) => continue,
                    _ => found = true,
                }
                if !matches!(record, Record::Failing(_)) {
                    answers.push((name.clone(), record.clone()));
                }
            }
            match next {
                Some(target) => name = target,
                None => break,
            }
        }
        (0, answers)
    }
}

const CNAME: u16 = 5;

impl Record {
    fn kind(&self) -> Option<u16> {
        match self {
            Self::A(_) => Some(1),
            Self::Cname(_) => Some(CNAME),
            Self::Ptr(_) => Some(12),
            Self::Mx(..) => Some(15),
            Self::Txt(_) => Some(16),
            Self::Aaaa(_) => Some(28),
            Self::Failing(_) => None,
        }
    }

    fn data(&self) -> Vec<u8> {
        match self {
            Self::A(address) => address.octets().to_vec(),
            Self::Aaaa(address) => address.octets().to_vec(),
            Self::Ptr(name) | Self::Cname(name) => wire_name(name),
            Self::Mx(preference, name) => {
                [&preference.to_be_bytes()[..], &wire_name(name)].concat()
            }
            Self::Txt(strings) => {
                let lengthy = |string: &Vec<u8>| {
                    [&[u8::try_from(string.len()).unwrap()][..], string].concat()
                };
                strings.iter().flat_map(lengthy).collect()
            }
            Self::Failing(_) => Vec::new(),
        }
    }
}

/// The server.
pub(super) struct NameServer {
    pub(super) address: SocketAddr,
    ends: Arc<AtomicBool>,
}

impl NameServer {
    pub(super) fn start(zone: Zone) -> Self {
        // The same port for both, whichever is free.
        let (udp, tcp) = (0..50)
            .find_map(|_| {
                let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).ok()?;
                let tcp = TcpListener::bind(udp.local_addr().ok()?).ok()?;
                Some((udp, tcp))
            })
            .unwrap();
        let address = udp.local_addr().unwrap();
        let ends = Arc::new(AtomicBool::new(false));
        let zone = Arc::new(zone);
        udp.set_read_timeout(Some(Duration::from_millis(50)))
            .unwrap();
        tcp.set_nonblocking(true).unwrap();
        let (udp_zone, udp_ends) = (Arc::clone(&zone), Arc::clone(&ends));
        thread::spawn(move || serve_udp(&udp, &udp_zone, &udp_ends));
        let tcp_ends = Arc::clone(&ends);
        thread::spawn(move || serve_tcp(&tcp, &zone, &tcp_ends));
        Self { address, ends }
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
    }
}

fn serve_udp(socket: &UdpSocket, zone: &Zone, ends: &AtomicBool) {
    let mut buffer = [0; 4_096];
    while !ends.load(Ordering::Relaxed) {
        let Ok((length, from)) = socket.recv_from(&mut buffer) else {
            continue;
        };
        if let Some(reply) = reply(&buffer[..length], zone, DATAGRAM_OCTETS) {
            let _ = socket.send_to(&reply, from);
        }
    }
}

fn serve_tcp(listener: &TcpListener, zone: &Zone, ends: &AtomicBool) {
    while !ends.load(Ordering::Relaxed) {
        let Ok((mut stream, _)) = listener.accept() else {
            thread::sleep(Duration::from_millis(5));
            continue;
        };
        stream.set_nonblocking(false).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(2)))
            .unwrap();
        let mut length = [0; 2];
        while stream.read_exact(&mut length).is_ok() {
            let mut query = vec![0; usize::from(u16::from_be_bytes(length))];
            let Some(reply) = stream
                .read_exact(&mut query)
                .ok()
                .and_then(|()| reply(&query, zone, 65_535))
            else {
                break;
            };
            let length = u16::try_from(reply.len()).unwrap().to_be_bytes();
            if stream.write_all(&[&length[..], &reply].concat()).is_err() {
                break;
            }
        }
    }
}

/// RFC 1035 4.1: header, question, answers.
fn reply(query: &[u8], zone: &Zone, limit: usize) -> Option<Vec<u8>> {
    let question = query.get(12..)?;
    let (name, length) = read_name(question)?;
    let kind = u16::from_be_bytes(question.get(length..length + 2)?.try_into().ok()?);
    let (code, answers) = zone.answer(&name, kind);
    let mut reply = query[..2].to_vec();
    reply.extend([0x85, 0x80 | code, 0, 1]);
    reply.extend(u16::try_from(answers.len()).unwrap().to_be_bytes());
    reply.extend([0, u8::from(answers.is_empty()), 0, 0]);
    reply.extend(&question[..length + 4]);
    for (owner, record) in &answers {
        let data = record.data();
        reply.extend(wire_name(owner));
        reply.extend(record.kind()?.to_be_bytes());
        reply.extend([0, 1, 0, 0, 0, 60]);
        reply.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        reply.extend(data);
    }
    if answers.is_empty() {
        // RFC 2308 3: what there is not is said with the start of authority of, here, the root.
        reply.extend([0, 0, 6, 0, 1, 0, 0, 0, 60, 0, 22, 0, 0]);
        reply.extend([
            0, 0, 0, 1, 0, 0, 0, 60, 0, 0, 0, 60, 0, 0, 0, 60, 0, 0, 0, 60,
        ]);
    }
    if reply.len() > limit {
        reply.truncate(12 + length + 4);
        reply[2] |= 0x02;
        reply[6..12].fill(0);
    }
    Some(reply)
}

fn read_name(question: &[u8]) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    let mut at = 0;
    loop {
        let length = usize::from(*question.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        labels.push(String::from_utf8_lossy(question.get(at..at + length)?).into_owned());
        at += length;
    }
}

fn wire_name(name: &str) -> Vec<u8> {
    let mut wire = Vec::new();
    for label in name
        .trim_end_matches('.')
        .split('.')
        .filter(|label| !label.is_empty())
    {
        wire.push(u8::try_from(label.len()).unwrap());
        wire.extend(label.as_bytes());
    }
    wire.push(0);
    wire
}
