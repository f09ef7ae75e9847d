//! Tests of DNS UPDATE against a name server that checks signatures.

use std::net::SocketAddr;

use hickory_resolver::proto::op::MessageType;
use hickory_resolver::proto::rr::TSigResponseContext;
use model::{ManualClock, Timestamp};
use tokio::net::TcpListener;

use super::*;
use crate::process::policy::AddressPolicy;
use crate::wire::TsigKey;

const NOW: i64 = 1_700_000_000;

fn key(secret: &[u8]) -> TSigner {
    let name = Name::from_ascii("acme.").unwrap();
    TSigner::new(secret.to_vec(), TsigAlgorithm::HmacSha256, name, 300).unwrap()
}

/// How the name server answers.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Signed(ResponseCode),
    Unsigned(ResponseCode),
}

/// A name server that takes one update; gives what it was asked.
async fn server(manner: Manner) -> (SocketAddr, tokio::task::JoinHandle<Message>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let octets = stream.read_u16().await.unwrap();
        let mut question = vec![0; usize::from(octets)];
        stream.read_exact(&mut question).await.unwrap();
        let asked = Message::from_vec(&question).unwrap();
        let signer = key(b"secret");
        let verified = signer.verify_message_byte(&question, None, true);
        let mut answer = Message::new(asked.id, MessageType::Response, OpCode::Update);
        match manner {
            Manner::Signed(code) => {
                let (mac, time, range) = verified.unwrap();
                assert!(range.contains(&(NOW as u64)));
                answer.metadata.response_code = code;
                let unsigned = answer.to_vec().unwrap();
                let context = TSigResponseContext::new(asked.id, time, signer, mac, None);
                answer.set_signature(context.sign(&unsigned).unwrap());
            }
            Manner::Unsigned(code) => answer.metadata.response_code = code,
        }
        let written = answer.to_vec().unwrap();
        let octets = u16::try_from(written.len()).unwrap().to_be_bytes();
        stream
            .write_all(&[&octets[..], &written].concat())
            .await
            .unwrap();
        asked
    });
    (address, serving)
}

fn wanted(server: SocketAddr) -> Update {
    Update {
        server,
        zone: "example.org".into(),
        key: TsigKey {
            name: "acme".into(),
            secret: b"secret".to_vec(),
        },
        changes: vec![
            Change::DeleteAllTxt {
                name: "_acme-challenge.example.org".into(),
            },
            Change::AddTxt {
                name: "_acme-challenge.example.org".into(),
                ttl_seconds: 60,
                text: "token".into(),
            },
            Change::DeleteTxt {
                name: "old.example.org".into(),
                text: "old".into(),
            },
        ],
    }
}

async fn send(update: &Update) -> Result<(), UpdateError> {
    let policy = AddressPolicy::new(&["127.0.0.1".parse().unwrap()]);
    let clock = ManualClock::new(Timestamp::from_seconds(NOW)).clock();
    super::update(update, &Connector::new(policy, &[]), &clock).await
}

#[tokio::test]
async fn a_zone_is_changed() {
    let (address, serving) = server(Manner::Signed(ResponseCode::NoError)).await;
    send(&wanted(address)).await.unwrap();
    let asked = serving.await.unwrap();
    assert_eq!(asked.op_code, OpCode::Update);
    let zone = &asked.queries[0];
    assert_eq!(
        (zone.name().to_ascii().as_str(), zone.query_type()),
        ("example.org.", RecordType::SOA)
    );
    let changes: Vec<(String, DNSClass, u32)> = asked
        .authorities
        .iter()
        .map(|record| (record.name.to_ascii(), record.dns_class, record.ttl))
        .collect();
    let challenge = "_acme-challenge.example.org.".to_owned();
    assert_eq!(
        changes,
        [
            (challenge.clone(), DNSClass::ANY, 0),
            (challenge, DNSClass::IN, 60),
            ("old.example.org.".to_owned(), DNSClass::NONE, 0),
        ]
    );
}

#[tokio::test]
async fn a_refusal_is_told() {
    for manner in [
        Manner::Signed(ResponseCode::Refused),
        Manner::Unsigned(ResponseCode::Refused),
    ] {
        let (address, _serving) = server(manner).await;
        let refused = send(&wanted(address)).await;
        assert!(
            matches!(refused, Err(UpdateError::Refused(ResponseCode::Refused))),
            "{refused:?}"
        );
    }
}

#[tokio::test]
async fn an_unsigned_answer_is_not_believed() {
    let (address, _serving) = server(Manner::Unsigned(ResponseCode::NoError)).await;
    let answer = send(&wanted(address)).await;
    assert!(
        matches!(answer, Err(UpdateError::NotBelieved(_))),
        "{answer:?}"
    );
}

#[tokio::test]
async fn an_address_that_is_not_permitted_is_not_asked() {
    let refused = send(&wanted("127.0.0.2:53".parse().unwrap())).await;
    assert!(matches!(
        refused,
        Err(UpdateError::Connect(ConnectError::Refused))
    ));
}

#[test]
fn what_is_not_in_the_zone_is_not_asked_for() {
    let mut update = wanted("127.0.0.1:53".parse().unwrap());
    update.zone = "example.com".into();
    assert!(matches!(compose(&update), Err(UpdateError::BadRequest(_))));
    update.zone = "org".into();
    assert!(compose(&update).is_ok());
    update.changes.clear();
    assert!(compose(&update).is_err());
    let text = "x".repeat(256);
    let name = "a.org".into();
    update.changes.push(Change::DeleteTxt { name, text });
    assert!(compose(&update).is_err());
}
