//! DNS UPDATE (RFC 2136), signed with TSIG (RFC 8945), over TCP.

use std::time::Duration;

use hickory_resolver::proto::ProtoError;
use hickory_resolver::proto::op::{Message, OpCode, Query, ResponseCode, UpdateMessage};
use hickory_resolver::proto::rr::rdata::TXT;
use hickory_resolver::proto::rr::rdata::tsig::TsigAlgorithm;
use hickory_resolver::proto::rr::{DNSClass, Name, RData, Record, RecordType, TSigner};
use model::Clock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::connect::{ConnectError, Connector};
use super::resolve::domain_name;
use crate::wire::{Change, Update};

/// How long the name server may take to accept a connection.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(10);

/// How long it may take to answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(30);

/// RFC 8945 10: the recommended difference between clocks.
const FUDGE_SECONDS: u16 = 300;

/// Changes of one request.
const CHANGES_MAX: usize = 100;

/// Octets of one string of a text (RFC 1035 3.3).
const STRING_OCTETS_MAX: usize = 255;

/// Why a zone was not changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum UpdateError {
    /// What is asked for cannot be said.
    #[error("the update: {0}")]
    BadRequest(&'static str),
    /// There is no connection.
    #[error("the name server: {0}")]
    Connect(#[from] ConnectError),
    /// The connection ended.
    #[error("the name server closed the connection")]
    Closed,
    /// It took too long.
    #[error("the name server did not answer in time")]
    TimedOut,
    /// The name server will not.
    #[error("the name server refuses the update: {0}")]
    Refused(ResponseCode),
    /// What came is no answer with our signature.
    #[error("the answer of the name server is not to be believed: {0}")]
    NotBelieved(ProtoError),
}

/// Changes a zone.
pub(super) async fn update(
    update: &Update,
    connector: &Connector,
    clock: &Clock,
) -> Result<(), UpdateError> {
    let mut message = compose(update)?;
    let now = u64::try_from(clock.now().seconds()).unwrap_or(0);
    let signer = TSigner::new(
        update.key.secret.clone(),
        TsigAlgorithm::HmacSha256,
        name(&update.key.name)?,
        FUDGE_SECONDS,
    );
    let signer = signer.map_err(|_| UpdateError::BadRequest("the key cannot be used"))?;
    let unsigned = |_| UpdateError::BadRequest("it cannot be signed");
    let verifier = message.finalize(&signer, now).map_err(unsigned)?;
    let mut verifier = verifier.ok_or(UpdateError::BadRequest("it cannot be signed"))?;
    let question = message.to_vec().map_err(unsigned)?;
    let mut stream = connector.tcp(update.server, CONNECT_TIME_MAX).await?;
    let exchange = exchange(&mut stream, &question);
    let answer = match timeout(ANSWER_TIME_MAX, exchange).await {
        Ok(answer) => answer.map_err(|_| UpdateError::Closed)?,
        Err(_) => return Err(UpdateError::TimedOut),
    };
    let believed = verifier.verify(&answer);
    // RFC 8945 5.3.2: an answer that says that the key is wrong cannot be signed with it.
    let code = match &believed {
        Ok(answer) => answer.response_code,
        Err(_) => match Message::from_vec(&answer) {
            Ok(answer) => answer.response_code,
            Err(_) => ResponseCode::FormErr,
        },
    };
    match (believed, code) {
        (_, code) if code != ResponseCode::NoError => Err(UpdateError::Refused(code)),
        (Err(error), _) => Err(UpdateError::NotBelieved(error)),
        (Ok(answer), _) if answer.id != message.id => Err(UpdateError::Closed),
        (Ok(_), _) => Ok(()),
    }
}

/// Sends a message and receives one (RFC 1035 4.2.2: each after its length).
async fn exchange(
    stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin),
    question: &[u8],
) -> std::io::Result<Vec<u8>> {
    let octets = u16::try_from(question.len()).map_err(std::io::Error::other)?;
    let mut framed = octets.to_be_bytes().to_vec();
    framed.extend_from_slice(question);
    stream.write_all(&framed).await?;
    let octets = stream.read_u16().await?;
    let mut answer = vec![0; usize::from(octets)];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

/// The message that asks for the changes.
fn compose(update: &Update) -> Result<Message, UpdateError> {
    if update.changes.is_empty() || update.changes.len() > CHANGES_MAX {
        return Err(UpdateError::BadRequest("no changes or too many"));
    }
    let zone = name(&update.zone)?;
    let mut message = Message::query();
    message.metadata.op_code = OpCode::Update;
    message.metadata.recursion_desired = false;
    message.add_zone(Query::query(zone.clone(), RecordType::SOA));
    for change in &update.changes {
        let record = record(change)?;
        // RFC 2136 3.4.1.3: a name outside of the zone is refused; here before it is sent.
        if !zone.zone_of(&record.name) {
            return Err(UpdateError::BadRequest("a name is not in the zone"));
        }
        message.add_update(record);
    }
    Ok(message)
}

/// One change as a record (RFC 2136 2.5).
fn record(change: &Change) -> Result<Record, UpdateError> {
    match change {
        // RFC 2136 2.5.1: what is added has the class of the zone.
        Change::AddTxt {
            name,
            ttl_seconds,
            text,
        } => Ok(Record::from_rdata(
            self::name(name)?,
            *ttl_seconds,
            txt(text)?,
        )),
        // RFC 2136 2.5.4: what is removed has class NONE and no TTL.
        Change::DeleteTxt { name, text } => {
            let mut record = Record::from_rdata(self::name(name)?, 0, txt(text)?);
            record.dns_class = DNSClass::NONE;
            Ok(record)
        }
        // RFC 2136 2.5.2: a whole set is removed by class ANY without data.
        Change::DeleteAllTxt { name } => {
            let mut record = Record::update0(self::name(name)?, 0, RecordType::TXT);
            record.dns_class = DNSClass::ANY;
            Ok(record.into_record_of_rdata())
        }
    }
}

/// A text of one string.
fn txt(text: &str) -> Result<RData, UpdateError> {
    if text.len() > STRING_OCTETS_MAX {
        return Err(UpdateError::BadRequest("a text is too long"));
    }
    Ok(RData::TXT(TXT::from_bytes(vec![text.as_bytes()])))
}

/// A name.
fn name(text: &str) -> Result<Name, UpdateError> {
    domain_name(text).map_err(|_| UpdateError::BadRequest("a name is no domain name"))
}

#[cfg(test)]
mod tests;
