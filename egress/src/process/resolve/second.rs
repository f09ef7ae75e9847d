//! Second opinion: whether a response that hickory takes for bogus comes from a wildcard or from DNAME.
//!
//! hickory 0.26 looks for an NSEC record that covers the wildcard, although the wildcard exists: its answers are bogus
//! to it whenever the wildcard stands right above the name. And it does not know that the alias which DNAME makes is not
//! signed. The signatures it checks rightly, and tells for each record; what is left is to draw the conclusion.

use std::fmt;
use std::sync::Arc;

use hickory_resolver::config::{NameServerConfig, ResolverOpts};
use hickory_resolver::net::dnssec::DnssecDnsHandle;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::xfer::{DnsHandle, FirstAnswer};
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::dnssec::rdata::{DNSSECRData, NSEC, RRSIG};
use hickory_resolver::proto::dnssec::{Proof, TrustAnchors};
use hickory_resolver::proto::op::{DnsRequestOptions, Message, Query, ResponseCode};
use hickory_resolver::proto::rr::rdata::CNAME;
use hickory_resolver::proto::rr::{Name, RData, Record as Raw, RecordType};
use hickory_resolver::proto::serialize::binary::{BinDecodable, BinDecoder};
use hickory_resolver::{NameServerPool, PoolContext, TlsConfig};

/// Asks the name servers past hickory's cache.
pub(super) struct SecondOpinion {
    handle: DnssecDnsHandle<NameServerPool<TokioRuntimeProvider>>,
    options: DnsRequestOptions,
}

impl SecondOpinion {
    /// One that asks the same name servers and trusts the same anchors.
    pub(super) fn new(
        servers: Vec<NameServerConfig>,
        options: ResolverOpts,
        anchors: Arc<TrustAnchors>,
        tls: rustls::ClientConfig,
    ) -> Self {
        let mut asking = DnsRequestOptions::default();
        asking.use_edns = true;
        asking.edns_set_dnssec_ok = true;
        asking.edns_payload_len = options.edns_payload_len;
        let context = Arc::new(PoolContext::new(options, TlsConfig { config: tls }));
        let provider = TokioRuntimeProvider::default();
        let pool = NameServerPool::from_config(servers, context, provider);
        Self {
            handle: DnssecDnsHandle::with_trust_anchor(pool, anchors),
            options: asking,
        }
    }

    /// The secure records that a wildcard stands for at this name; none if there are none, or if it is not proved.
    pub(super) async fn expanded(&self, name: &Name, kind: RecordType) -> Vec<Raw> {
        match self.ask(name, kind).await {
            Some(response) => expanded_in(&response, name, kind),
            None => Vec::new(),
        }
    }

    /// The secure alias that a wildcard stands for, or that a DNAME above the name makes.
    pub(super) async fn alias(&self, name: &Name) -> Option<Raw> {
        let response = self.ask(name, RecordType::CNAME).await?;
        let expanded = expanded_in(&response, name, RecordType::CNAME).pop();
        expanded.or_else(|| redirected_in(&response, name))
    }

    /// The response, with a proof for each record, whatever hickory makes of it.
    async fn ask(&self, name: &Name, kind: RecordType) -> Option<Message> {
        let query = Query::query(name.clone(), kind);
        let response = self.handle.lookup(query, self.options).first_answer().await;
        match response {
            Ok(response) => Some(response.into_message()),
            Err(NetError::Dns(DnsError::Nsec { response, .. })) => Some(response.into_message()),
            Err(_) => None,
        }
    }
}

impl fmt::Debug for SecondOpinion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecondOpinion").finish_non_exhaustive()
    }
}

/// The records of a response whose signatures hold and which a wildcard rightly stands for.
fn expanded_in(response: &Message, name: &Name, kind: RecordType) -> Vec<Raw> {
    let at_name = |raw: &&Raw| raw.name == *name;
    let answers = || response.answers.iter().filter(at_name);
    let records: Vec<Raw> = answers()
        .filter(|raw| raw.record_type() == kind)
        .cloned()
        .collect();
    let are_secure = records.iter().all(|raw| raw.proof == Proof::Secure);
    let signatures: Vec<&RRSIG> = answers()
        .filter(|raw| raw.proof == Proof::Secure)
        .filter_map(signature)
        .filter(|signature| signature.input().type_covered == kind)
        .collect();
    let is_expanded = signatures.first().is_some_and(|first| {
        // Several keys may have signed, but one wildcard.
        let labels = first.input().num_labels;
        let same = signatures
            .iter()
            .all(|signature| signature.input().num_labels == labels);
        let proofs = response.authorities.iter();
        let proofs = proofs.filter(|raw| raw.proof == Proof::Secure);
        let mut denials = proofs.filter_map(denial);
        same && denials.any(|(owner, nsec)| denies_closer(name, first, owner, nsec))
    });
    if response.response_code == ResponseCode::NoError && are_secure && is_expanded {
        records
    } else {
        Vec::new()
    }
}

/// The alias that a secure DNAME makes of a name below it.
fn redirected_in(response: &Message, name: &Name) -> Option<Raw> {
    let mut answers = response.answers.iter();
    let dname = answers.find(|raw| {
        raw.record_type() == RecordType::DNAME
            && raw.proof == Proof::Secure
            && raw.name.zone_of(name)
    })?;
    let RData::Unknown { rdata, .. } = &dname.data else {
        return None;
    };
    let mut decoder = BinDecoder::new(&rdata.anything);
    let target = Name::read(&mut decoder).ok()?;
    // RFC 6672 2.3: what stands below the owner stands below the target; the owner itself is not redirected.
    let below = name.iter().count().checked_sub(dname.name.iter().count())?;
    if below == 0 || !decoder.is_empty() {
        return None;
    }
    let labels = name.iter().take(below).chain(target.iter());
    let mut target = Name::from_labels(labels).ok()?;
    target.set_fqdn(true);
    // RFC 6672 5.3.1: the signature of the DNAME is the proof of the alias.
    let mut alias = Raw::from_rdata(name.clone(), dname.ttl, RData::CNAME(CNAME(target)));
    alias.proof = Proof::Secure;
    Some(alias)
}

/// The signature in a record.
fn signature(raw: &Raw) -> Option<&RRSIG> {
    match &raw.data {
        RData::DNSSEC(DNSSECRData::RRSIG(signature)) => Some(signature),
        _ => None,
    }
}

/// The denial of existence in a record, with its owner.
fn denial(raw: &Raw) -> Option<(&Name, &NSEC)> {
    match &raw.data {
        RData::DNSSEC(DNSSECRData::NSEC(nsec)) => Some((&raw.name, nsec)),
        _ => None,
    }
}

/// Whether an NSEC record proves that nothing stands between the name and the wildcard that was signed.
fn denies_closer(name: &Name, signature: &RRSIG, owner: &Name, nsec: &NSEC) -> bool {
    let input = signature.input();
    // RFC 4035 5.3.4: fewer labels in the signature than in the name mean that a wildcard was expanded.
    if input.num_labels >= name.num_labels() {
        return false;
    }
    // RFC 5155 1.3: the next closer name has one label more than the closest encloser, above which the wildcard stands.
    // RFC 4592 3.3.1: had it existed, the wildcard would not have applied.
    let next_closer = name.trim_to(usize::from(input.num_labels) + 1);
    let next = nsec.next_domain_name();
    // RFC 4034 4.1.1: the last NSEC of a zone leads back to its apex.
    let is_last = next <= owner;
    let ends = if is_last {
        *next == input.signer_name
    } else {
        next_closer < *next
    };
    // A name below it that exists would make it exist as well, without records (RFC 4592 2.2.2).
    let is_empty = !next_closer.zone_of(next);
    // RFC 6840 4.1: what a zone says about names below its own delegations counts for nothing; likewise below DNAME.
    let types = nsec.type_set();
    let delegates = types.contains(RecordType::NS) && !types.contains(RecordType::SOA);
    let leads_away = delegates || types.contains(RecordType::DNAME);
    input.signer_name.zone_of(owner)
        && *owner < next_closer
        && ends
        && is_empty
        && !(leads_away && owner.zone_of(&next_closer))
}

#[cfg(test)]
mod tests {
    use hickory_resolver::proto::dnssec::Algorithm;
    use hickory_resolver::proto::dnssec::rdata::SigInput;
    use hickory_resolver::proto::op::OpCode;
    use hickory_resolver::proto::rr::SerialNumber;
    use hickory_resolver::proto::rr::rdata::NULL;

    use super::*;

    fn name(text: &str) -> Name {
        Name::from_ascii(text).unwrap()
    }

    /// Whether `owner NSEC next types` proves that `name` may come from a wildcard in `zone.` with so many labels.
    fn proves(asked: &str, labels: u8, owner: &str, next: &str, types: &[RecordType]) -> bool {
        let input = SigInput {
            type_covered: RecordType::A,
            algorithm: Algorithm::ED25519,
            num_labels: labels,
            original_ttl: 60,
            sig_expiration: SerialNumber::new(1),
            sig_inception: SerialNumber::new(0),
            key_tag: 0,
            signer_name: name("zone."),
        };
        let signature = RRSIG::from_sig(input, Vec::new());
        let nsec = NSEC::new(name(next), types.iter().copied());
        denies_closer(&name(asked), &signature, &name(owner), &nsec)
    }

    #[test]
    fn the_next_closer_name_must_be_denied() {
        let a = &[RecordType::A][..];
        // *.zone. for b.zone.
        assert!(proves("b.zone.", 1, "a.zone.", "c.zone.", a));
        assert!(proves("b.zone.", 1, "*.zone.", "c.zone.", a));
        assert!(proves("x.b.zone.", 1, "a.zone.", "c.zone.", a));
        // The last one leads back to the apex, and to nowhere else.
        assert!(proves("y.zone.", 1, "x.zone.", "zone.", a));
        assert!(!proves("y.zone.", 1, "x.zone.", "a.zone.", a));
        // It does not cover the name, or only that and not the next closer one.
        assert!(!proves("b.zone.", 1, "c.zone.", "d.zone.", a));
        assert!(!proves("b.zone.", 1, "a.zone.", "b.zone.", a));
        assert!(!proves("b.zone.", 1, "b.zone.", "c.zone.", a));
        assert!(!proves("x.b.zone.", 1, "b.zone.", "c.zone.", a));
        assert!(proves("x.b.zone.", 2, "b.zone.", "c.zone.", a));
        // It exists without records.
        assert!(!proves("b.zone.", 1, "a.zone.", "z.b.zone.", a));
        // It is no wildcard at all.
        assert!(!proves("b.zone.", 2, "a.zone.", "c.zone.", a));
        // It is of another zone.
        assert!(!proves("b.zone.", 1, "a.other.", "c.zone.", a));
    }

    #[test]
    fn a_zone_does_not_speak_for_another() {
        for types in [&[RecordType::NS][..], &[RecordType::DNAME]] {
            assert!(!proves("x.sub.zone.", 2, "sub.zone.", "z.zone.", types));
            assert!(proves("t.zone.", 1, "sub.zone.", "z.zone.", types));
        }
        let apex = &[RecordType::NS, RecordType::SOA][..];
        assert!(proves("b.zone.", 1, "zone.", "c.zone.", apex));
    }

    /// Where a name leads by a DNAME record with this data.
    fn redirected(asked: &str, owner: &str, data: &[u8], proof: Proof) -> Option<String> {
        let rdata = NULL::with(data.to_vec());
        let data = RData::Unknown {
            code: RecordType::DNAME,
            rdata,
        };
        let mut record = Raw::from_rdata(name(owner), 60, data);
        record.proof = proof;
        let mut response = Message::response(0, OpCode::Query);
        response.add_answer(record);
        let alias = redirected_in(&response, &name(asked))?;
        assert_eq!((&alias.name, alias.proof), (&name(asked), Proof::Secure));
        match alias.data {
            RData::CNAME(target) => Some(target.0.to_ascii()),
            _ => None,
        }
    }

    #[test]
    fn names_below_a_dname_are_redirected() {
        let to = |asked: &str| redirected(asked, "from.", b"\x02to\x04zone\0", Proof::Secure);
        assert_eq!(to("a.from."), Some("a.to.zone.".to_owned()));
        assert_eq!(to("b.a.from."), Some("b.a.to.zone.".to_owned()));
        assert_eq!(to("from."), None);
        assert_eq!(to("a.other."), None);
        let long = format!("{0}.{0}.{0}.{0}.from.", "x".repeat(61));
        assert_eq!(to(&long), None);
        for (data, proof) in [
            (&b"\x02to\0"[..], Proof::Insecure),
            (b"\x02to\0", Proof::Bogus),
            (b"\x02to\0x", Proof::Secure),
            (b"\x02to", Proof::Secure),
            (b"\xc0\0", Proof::Secure),
        ] {
            assert_eq!(
                redirected("a.from.", "from.", data, proof),
                None,
                "{data:?}"
            );
        }
    }
}
