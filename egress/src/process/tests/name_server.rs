//! A name server for tests: a few zones, signed or not, answered for as a resolver that validates nothing would.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hickory_resolver::proto::dnssec::crypto::Ed25519SigningKey;
use hickory_resolver::proto::dnssec::rdata::{DNSKEY, DNSSECRData, DS, NSEC, RRSIG, SigInput};
use hickory_resolver::proto::dnssec::{
    Algorithm, DigestType, DnssecSigner, PublicKey, SigningKey, TBS,
};
use hickory_resolver::proto::op::{Message, MessageType, OpCode, ResponseCode};
use hickory_resolver::proto::rr::rdata::{A, CNAME, MX, NS, SOA, TXT};
use hickory_resolver::proto::rr::{DNSClass, Name, RData, Record, RecordType, SerialNumber};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;

/// TTL of every record.
const TTL: u32 = 300;

/// September 2020 and March 2087.
const INCEPTION: u32 = 1_600_000_000;
const EXPIRATION: u32 = 3_700_000_000;

/// Sets of records of one zone, by name and type.
type Sets = BTreeMap<(Name, RecordType), Vec<RData>>;

/// One zone.
pub(crate) struct Zone {
    apex: Name,
    signer: Option<(DnssecSigner, Vec<u8>)>,
    sets: Sets,
    /// Records that replace others after those were signed.
    forged: Sets,
}

pub(crate) fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

impl Zone {
    /// An unsigned zone with its SOA and NS.
    pub(crate) fn new(apex: &str) -> Self {
        let mut zone = Self {
            apex: name(apex),
            signer: None,
            sets: Sets::new(),
            forged: Sets::new(),
        };
        let server = name("ns.invalid.");
        let soa = SOA::new(server.clone(), server.clone(), 1, 1, 1, 1, 60);
        zone.insert(apex, RData::SOA(soa));
        zone.insert(apex, RData::NS(NS(server)));
        zone
    }

    /// The zone, signed with a new key.
    pub(crate) fn signed(mut self) -> Self {
        let pkcs8 = Ed25519SigningKey::generate_pkcs8().unwrap();
        let key = Ed25519SigningKey::from_pkcs8(&pkcs8).unwrap();
        let public = key.to_public_key().unwrap();
        let octets = public.public_bytes().to_vec();
        let dnskey = DNSKEY::new(true, true, false, public);
        let lasting = Duration::from_secs(1);
        let data = RData::DNSSEC(DNSSECRData::DNSKEY(dnskey.clone()));
        self.insert(&self.apex.to_ascii(), data);
        let signer = DnssecSigner::new(dnskey, Box::new(key), self.apex.clone(), lasting);
        self.signer = Some((signer, octets));
        self
    }

    /// With one more record.
    pub(crate) fn with(mut self, name: &str, data: RData) -> Self {
        self.insert(name, data);
        self
    }

    pub(crate) fn a(self, name: &str, address: [u8; 4]) -> Self {
        self.with(name, RData::A(A(address.into())))
    }

    pub(crate) fn txt(self, name: &str, text: &str) -> Self {
        let strings = text.as_bytes().chunks(255).collect();
        self.with(name, RData::TXT(TXT::from_bytes(strings)))
    }

    pub(crate) fn mx(self, name: &str, preference: u16, exchange: &str) -> Self {
        self.with(name, RData::MX(MX::new(preference, self::name(exchange))))
    }

    pub(crate) fn cname(self, name: &str, target: &str) -> Self {
        self.with(name, RData::CNAME(CNAME(self::name(target))))
    }

    /// With a delegation to another zone, signed if that is.
    pub(crate) fn delegating(mut self, child: &Self) -> Self {
        let apex = child.apex.to_ascii();
        self.insert(&apex, RData::NS(NS(name("ns.invalid."))));
        if let Some((signer, _)) = &child.signer {
            let digest = signer.dnskey().to_digest(&child.apex, DigestType::SHA256);
            let ds = DS::new(
                signer.calculate_key_tag().unwrap(),
                Algorithm::ED25519,
                DigestType::SHA256,
                digest.unwrap().as_ref().to_vec(),
            );
            self.insert(&apex, RData::DNSSEC(DNSSECRData::DS(ds)));
        }
        self
    }

    /// Puts a text in the place of another one that was signed.
    pub(crate) fn forge(&mut self, name: &str, text: &str) {
        let text = RData::TXT(TXT::new(vec![text.to_owned()]));
        let key = (self::name(name), RecordType::TXT);
        self.forged.insert(key, vec![text]);
    }

    /// The trust anchor of this zone in the form of a master file.
    pub(crate) fn anchor(&self) -> String {
        let (_, octets) = self.signer.as_ref().unwrap();
        format!("{} 300 IN DNSKEY 257 3 15 {}", self.apex, base64(octets))
    }

    fn insert(&mut self, name: &str, data: RData) {
        let key = (self::name(name), data.record_type());
        self.sets.entry(key).or_default().push(data);
    }

    /// The records of one set, with a signature if the zone is signed; of a wildcard, if that has fewer labels.
    fn set(&self, owner: &Name, labels: u8, kind: RecordType, data: &[RData]) -> Vec<Record> {
        let records = data.iter().cloned();
        let records = records.map(|data| Record::from_rdata(owner.clone(), TTL, data));
        let mut records: Vec<Record> = records.collect();
        let is_delegation = kind == RecordType::NS && *owner != self.apex;
        if let Some((signer, _)) = self.signer.as_ref().filter(|_| !is_delegation) {
            let input = SigInput {
                type_covered: kind,
                algorithm: Algorithm::ED25519,
                num_labels: labels,
                original_ttl: TTL,
                sig_expiration: SerialNumber::new(EXPIRATION),
                sig_inception: SerialNumber::new(INCEPTION),
                key_tag: signer.calculate_key_tag().unwrap(),
                signer_name: self.apex.clone(),
            };
            let signed = TBS::from_input(owner, DNSClass::IN, &input, records.iter()).unwrap();
            let signature = RRSIG::from_sig(input, signer.sign(&signed).unwrap());
            let data = RData::DNSSEC(DNSSECRData::RRSIG(signature));
            if let Some(forged) = self.forged.get(&(owner.clone(), kind)) {
                records[0].data = forged[0].clone();
            }
            records.push(Record::from_rdata(owner.clone(), TTL, data));
        }
        records
    }

    /// The NSEC of the last name that is not after another.
    fn nsec(&self, at: &Name) -> Vec<Record> {
        let names: Vec<&Name> = self.names();
        let before = names.iter().rposition(|name| *name <= at).unwrap_or(0);
        let owner = names[before];
        let next = names.get(before + 1).copied().unwrap_or(&self.apex);
        let kinds = self.sets.keys().filter(|(name, _)| name == owner);
        let nsec = NSEC::new_cover_self(next.clone(), kinds.map(|(_, kind)| *kind));
        let data = RData::DNSSEC(DNSSECRData::NSEC(nsec));
        self.set(owner, owner.num_labels(), RecordType::NSEC, &[data])
    }

    /// Every name, in canonical order.
    fn names(&self) -> Vec<&Name> {
        let mut names: Vec<&Name> = self.sets.keys().map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Answers for one name; gives where an alias leads.
    fn answer(&self, asked: &Name, kind: RecordType, response: &mut Message) -> Option<Name> {
        for kind in [kind, RecordType::CNAME] {
            let mut source = asked.clone();
            let mut data = self.sets.get(&(source.clone(), kind));
            let exists = |name: &Name| self.names().iter().any(|other| name.zone_of(other));
            if !exists(asked) {
                let mut encloser = asked.base_name();
                while !exists(&encloser) {
                    encloser = encloser.base_name();
                }
                source = encloser.prepend_label("*").unwrap();
                data = self.sets.get(&(source.clone(), kind));
            }
            let Some(data) = data else {
                continue;
            };
            response.add_answers(self.set(asked, source.num_labels(), kind, data));
            if source != *asked && self.signer.is_some() {
                response.add_authorities(self.nsec(asked));
            }
            return match &data[0] {
                RData::CNAME(target) if kind == RecordType::CNAME => Some(target.0.clone()),
                _ => None,
            };
        }
        self.deny(asked, response);
        None
    }

    /// Says that there is nothing.
    fn deny(&self, asked: &Name, response: &mut Message) {
        let key = (self.apex.clone(), RecordType::SOA);
        let soa = self.sets.get(&key).unwrap();
        let labels = self.apex.num_labels();
        response.add_authorities(self.set(&self.apex, labels, RecordType::SOA, soa));
        let names = self.names();
        let is_there = names.iter().any(|name| asked.zone_of(name));
        if !is_there {
            response.metadata.response_code = ResponseCode::NXDomain;
        }
        if self.signer.is_some() {
            let denial = self.nsec(asked);
            // Names right below the apex only, so that the closest encloser is the apex.
            let wildcard = self.nsec(&self.apex.prepend_label("*").unwrap());
            let is_other = wildcard[0] != denial[0];
            response.add_authorities(denial);
            if !is_there && is_other {
                response.add_authorities(wildcard);
            }
        }
    }
}

/// A running name server. It stops when it is dropped.
pub(crate) struct NameServer {
    pub(crate) address: SocketAddr,
    asked: Arc<AtomicUsize>,
    _tasks: JoinSet<()>,
}

impl NameServer {
    /// Starts one.
    pub(crate) async fn start(zones: Vec<Zone>) -> Self {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = tcp.local_addr().unwrap();
        let udp = UdpSocket::bind(address).await.unwrap();
        let (zones, asked) = (Arc::new(zones), Arc::new(AtomicUsize::new(0)));
        let mut tasks = JoinSet::new();
        tasks.spawn(serve_udp(udp, Arc::clone(&zones), Arc::clone(&asked)));
        tasks.spawn(serve_tcp(tcp, zones));
        Self {
            address,
            asked,
            _tasks: tasks,
        }
    }

    /// How many questions came over UDP.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn serve_udp(socket: UdpSocket, zones: Arc<Vec<Zone>>, asked: Arc<AtomicUsize>) {
    let mut buffer = [0; 4_096];
    loop {
        let (octets, from) = socket.recv_from(&mut buffer).await.unwrap();
        asked.fetch_add(1, Ordering::SeqCst);
        let Some(mut response) = respond(&buffer[..octets], &zones) else {
            continue;
        };
        let mut written = response.to_vec().unwrap();
        if written.len() > 1_232 {
            response = response.truncate();
            written = response.to_vec().unwrap();
        }
        let _ = socket.send_to(&written, from).await;
    }
}

async fn serve_tcp(listener: TcpListener, zones: Arc<Vec<Zone>>) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        while let Ok(octets) = stream.read_u16().await {
            let mut question = vec![0; usize::from(octets)];
            if stream.read_exact(&mut question).await.is_err() {
                break;
            }
            let Some(response) = respond(&question, &zones) else {
                break;
            };
            let written = response.to_vec().unwrap();
            let octets = u16::try_from(written.len()).unwrap().to_be_bytes();
            let _ = stream.write_all(&[&octets[..], &written].concat()).await;
        }
    }
}

/// The response to a question; `servfail.*` is answered with an error, `silent.*` not at all.
fn respond(question: &[u8], zones: &[Zone]) -> Option<Message> {
    let question = Message::from_vec(question).ok()?;
    let query = question.queries.first()?.clone();
    let mut response = Message::new(question.id, MessageType::Response, OpCode::Query);
    response.metadata.recursion_desired = true;
    response.metadata.recursion_available = true;
    if let Some(edns) = &question.edns {
        response.set_edns(edns.clone());
    }
    response.add_query(query.clone());
    let first = query.name().iter().next().unwrap_or_default().to_vec();
    match first.as_slice() {
        b"silent" => return None,
        b"servfail" => {
            response.metadata.response_code = ResponseCode::ServFail;
            return Some(response);
        }
        _ => {}
    }
    let mut asked = query.name().clone();
    let kind = query.query_type();
    // As resolvers do: what an alias leads to stands in the same response, with proofs of every zone on the way.
    for _ in 0..4 {
        let Some(zone) = zone_of(&asked, kind, zones) else {
            break;
        };
        match zone.answer(&asked, kind, &mut response) {
            Some(target) if kind != RecordType::CNAME => asked = target,
            _ => break,
        }
    }
    Some(response)
}

/// The zone that answers.
fn zone_of<'a>(asked: &Name, kind: RecordType, zones: &'a [Zone]) -> Option<&'a Zone> {
    let holding = zones.iter().filter(|zone| {
        // RFC 4035 3.1.4.1: DS stands on the parent's side.
        let above = zone.apex == *asked && kind == RecordType::DS && !zone.apex.is_root();
        zone.apex.zone_of(asked) && !above
    });
    holding.max_by_key(|zone| zone.apex.num_labels())
}

/// Base64 (RFC 4648 4).
fn base64(octets: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in octets.chunks(3) {
        let mut bits = 0_u32;
        for index in 0..3 {
            bits = bits << 8 | u32::from(chunk.get(index).copied().unwrap_or(0));
        }
        for index in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * index)) as usize & 63];
            text.push(if index > chunk.len() {
                '='
            } else {
                char::from(digit)
            });
        }
    }
    text
}
