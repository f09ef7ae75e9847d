//! Tests of frames.

use std::net::{IpAddr, SocketAddr};

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::wire::{
    Answer, Credentials, Delivered, Delivery, Existence, Failed, Failure, Host, HostTls, Kind,
    MessageTls, Needed, PolicyType, Question, Recipient, RecipientResult, Record, Route, Secure,
    SmtpReply, TlsObservation, TlsResult, Why,
};

fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<[u8; 4]>().prop_map(IpAddr::from),
        any::<[u8; 16]>().prop_map(IpAddr::from)
    ]
}

fn route() -> impl Strategy<Value = Route> {
    prop_oneof![
        ".{0,30}".prop_map(Route::Domain),
        (".{0,30}", any::<u16>(), any::<bool>()).prop_map(|(name, port, signs_in)| Route::Host(
            Host {
                name,
                port,
                tls: if signs_in {
                    HostTls::Implicit
                } else {
                    HostTls::Plain
                },
                credentials: signs_in.then(|| Credentials {
                    user: "u".into(),
                    secret: "s".into()
                }),
            }
        )),
    ]
}

fn delivery() -> impl Strategy<Value = Request> {
    (
        route(),
        vec(".{0,40}", 0..5),
        proptest::option::of(".{0,20}"),
        any::<[bool; 3]>(),
        proptest::option::of(-9i8..=9),
    )
        .prop_map(|(route, recipients, envelope_id, flags, priority)| {
            Request::Deliver(Box::new(Delivery {
                route,
                helo: "mail.example.org".into(),
                reverse_path: "a@example.org".into(),
                recipients: recipients
                    .into_iter()
                    .map(|forward_path| Recipient {
                        forward_path,
                        notify: None,
                        original: Some("rfc822;b@example.net".into()),
                    })
                    .collect(),
                envelope_id,
                dsn_return: None,
                eight_bit: flags[0],
                smtputf8: flags[1],
                message_tls: if flags[2] {
                    MessageTls::Required
                } else {
                    MessageTls::AsPublished
                },
                priority,
            }))
        })
}

fn response() -> impl Strategy<Value = Response> {
    let reply = (200u16..600, ".{0,50}").prop_map(|(code, text)| SmtpReply {
        code,
        enhanced: Some((5, 7, 26)),
        text,
    });
    let result = prop_oneof![
        (reply.clone(), any::<bool>()).prop_map(|(reply, dsn)| RecipientResult::Delivered {
            host: "mx.example.net".into(),
            reply,
            dsn
        }),
        (reply, any::<bool>()).prop_map(|(reply, uncertain)| RecipientResult::Transient(Failure {
            why: Why::NotOffered(Needed::SmtpUtf8),
            host: None,
            reply: Some(reply),
            uncertain
        })),
    ];
    let observation = proptest::option::of(address()).prop_map(|receiving_ip| TlsObservation {
        policy_type: PolicyType::Sts,
        policy_strings: vec!["mode: enforce".into()],
        policy_domain: "example.net".into(),
        mx_patterns: vec!["*.example.net".into()],
        receiving_host: None,
        receiving_ip,
        sending_ip: None,
        result: TlsResult::CertificateExpired,
        detail: None,
    });
    prop_oneof![
        (vec(result, 0..4), vec(observation, 0..3)).prop_map(|(results, observations)| {
            Response::Delivered(Delivered {
                results,
                observations,
            })
        }),
        (vec(any::<u8>(), 0..100), any::<u32>()).prop_map(|(text, ttl_seconds)| Response::Answer(
            Answer {
                records: vec![
                    Record::Txt(text),
                    Record::Mx {
                        preference: 0,
                        exchange: String::new()
                    }
                ],
                secure: Secure::Insecure,
                ttl_seconds,
                existence: Existence::Present,
                canonical_name: "example.org".into(),
            }
        )),
        ".{0,50}".prop_map(|why| Response::Failed(Failed::Refused(why))),
    ]
}

fn frame() -> impl Strategy<Value = Frame> {
    let id = any::<u64>().prop_map(Id);
    let size = 0..=BODY_OCTETS_MAX;
    prop_oneof![
        vec(any::<(u32, u16)>(), 0..4).prop_map(|resolvers| Frame::Setup(Box::new(Setup {
            resolvers: resolvers
                .into_iter()
                .map(|(ip, port)| SocketAddr::from((ip.to_be_bytes(), port)))
                .collect(),
            ..Setup::default()
        }))),
        (id.clone(), delivery(), size.clone()).prop_map(|(id, what, body_octets)| Frame::Request(
            id,
            Box::new(Head { what, body_octets })
        )),
        (id.clone(), ".{0,80}").prop_map(|(id, name)| Frame::Request(
            id,
            Box::new(Head {
                what: Request::Lookup(Question::new(Kind::Tlsa, name)),
                body_octets: 0
            })
        )),
        (id.clone(), vec(any::<u8>(), 0..300)).prop_map(|(id, data)| Frame::Data(id, data.into())),
        id.clone().prop_map(Frame::Cancel),
        (id, response(), size).prop_map(|(id, what, body_octets)| Frame::Response(
            id,
            Box::new(Head { what, body_octets })
        )),
    ]
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
}

proptest! {
    #[test]
    fn what_is_written_is_read(frames in vec(frame(), 1..6), step in 1usize..200) {
        let mut written = Vec::new();
        for frame in &frames {
            frame.encode(&mut written).unwrap();
        }
        // Every way to cut the octets gives the same frames.
        let mut source = tokio_test_source(&written, step);
        let read = runtime().block_on(async {
            let mut reader = FrameReader::new(&mut source);
            let mut read = Vec::new();
            loop {
                match reader.frame().await {
                    Ok(frame) => read.push(frame),
                    Err(FrameError::Closed) => return read,
                    Err(error) => panic!("{error}"),
                }
            }
        });
        prop_assert_eq!(read, frames);
    }

    #[test]
    fn anything_can_be_read(input in vec(any::<u8>(), 0..400)) {
        fuzz(&input);
    }

    #[test]
    fn damaged_frames_can_be_read(frame in frame(), at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let mut written = Vec::new();
        frame.encode(&mut written).unwrap();
        let at = at.index(written.len());
        written[at] ^= 1 << bit;
        fuzz(&written);
    }
}

/// A source that gives at most `step` octets at once.
fn tokio_test_source(octets: &[u8], step: usize) -> impl AsyncRead + Unpin {
    struct Drip {
        rest: Bytes,
        step: usize,
    }
    impl AsyncRead for Drip {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            buffer: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<io::Result<()>> {
            let octets = self.step.min(self.rest.len()).min(buffer.remaining());
            buffer.put_slice(&self.rest.split_to(octets));
            std::task::Poll::Ready(Ok(()))
        }
    }
    Drip {
        rest: Bytes::copy_from_slice(octets),
        step,
    }
}

#[test]
fn too_large_frames_are_refused_before_they_are_read() {
    let mut octets = u32::MAX.to_be_bytes().to_vec();
    octets.extend_from_slice(&[0; 100]);
    let mut reader = FrameReader::new(octets.as_slice());
    let read = runtime().block_on(reader.frame());
    assert!(matches!(read, Err(FrameError::TooLarge { .. })));
    assert!(reader.buffer.capacity() < 2 * READ_OCTETS);
}

#[test]
fn too_large_data_is_not_written() {
    let mut out = Vec::new();
    let data = Bytes::from(vec![0; DATA_OCTETS_MAX + 1]);
    let wrong = Frame::Data(Id(1), data.clone()).encode(&mut out);
    assert!(matches!(wrong, Err(FrameError::TooLarge { .. })));
    assert!(out.is_empty());
    Frame::Data(Id(1), data.slice(1..))
        .encode(&mut out)
        .unwrap();
    assert_eq!(out.len(), 4 + HEADER_OCTETS + DATA_OCTETS_MAX);
}

#[test]
fn a_body_that_is_too_large_is_not_announced() {
    let mut out = Vec::new();
    Frame::Response(
        Id(1),
        Box::new(Head {
            what: Response::Learned,
            body_octets: BODY_OCTETS_MAX + 1,
        }),
    )
    .encode(&mut out)
    .unwrap();
    let read = Frame::decode(Bytes::from(out).slice(4..));
    assert!(matches!(read, Err(FrameError::TooLarge { .. })));
}

#[test]
fn the_largest_delivery_fits() {
    // RFC 5321 4.5.3.1.3: a path has 256 octets; RFC 3461 4.2: ORCPT 500.
    let delivery = Delivery {
        route: Route::Domain("d".repeat(255)),
        helo: "h".repeat(255),
        reverse_path: "r".repeat(1_024),
        recipients: vec![
            Recipient {
                forward_path: "f".repeat(1_024),
                notify: None,
                original: Some("o".repeat(1_024)),
            };
            Delivery::RECIPIENTS_MAX
        ],
        envelope_id: Some("e".repeat(100)),
        dsn_return: None,
        eight_bit: true,
        smtputf8: true,
        message_tls: MessageTls::Optional,
        priority: None,
    };
    let head = Head {
        what: Request::Deliver(Box::new(delivery)),
        body_octets: BODY_OCTETS_MAX,
    };
    let mut out = Vec::new();
    Frame::Request(Id(1), Box::new(head))
        .encode(&mut out)
        .unwrap();
}

#[test]
fn secrets_are_not_shown() {
    let credentials = Credentials {
        user: "u".into(),
        secret: "hunter2".into(),
    };
    assert!(!format!("{credentials:?}").contains("hunter2"));
}
