//! What strangers bring and what our own people send is judged before anything is stored. The judges are played.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use authenticity::{DkimResult, DkimSignature, DmarcResult, IprevResult, Policy, SpfResult};
use bytes::Bytes;
use egress::Egress;
use egress::wire::{Answer, Existence, Kind, Record, Request, Response, Secure};
use groupware::{Caller, NewMessage};
use model::{AccountId, Actor, Role};
use scan::{Action, HeaderChange, Points, Reason, Source, Verdict};
use smtp::session::Service;
use transport::Reception;
use transport::reception::{DnsList, ScannerRule, Settings, WhenDown};

use crate::client::Client;
use crate::house::House;
use crate::submission::PLAIN;

const HERE: &[&str] = &["b@example.org"];

/// A house whose mail is judged by these settings, and how often somebody was asked.
async fn house(settings: Settings) -> (House, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let egress = Egress::scripted(move |request, message| {
        count.fetch_add(1, Relaxed);
        (answer(request, &message), Bytes::new())
    });
    let mut house = House::new().await;
    let reception = Reception::new(house.groupware.clone(), egress, settings);
    house.reception = Some(reception);
    (house, asked)
}

fn answer(request: Request, message: &[u8]) -> Response {
    let text = String::from_utf8_lossy(message);
    assert!(!text.contains("Received:"), "the trace is not for others");
    match request {
        Request::Authenticate(arrival) => {
            assert_eq!(arrival.ip.to_string(), "127.0.0.1");
            assert_eq!(arrival.helo, "client.example");
            Response::Authenticated(Box::new(authenticity_of(&text)))
        }
        Request::Scan(envelope) => {
            let mut verdicts = scanned(&text);
            if text.contains("NAMELESS") && envelope.client_dns_name.is_none() {
                verdicts[0].action = Action::Junk;
            }
            Response::Scanned {
                verdicts,
                body_of: None,
            }
        }
        Request::Lookup(question) => Response::Answer(Answer {
            records: match question.kind {
                Kind::Ptr => vec![
                    Record::Ptr("liar.example".to_owned()),
                    Record::Ptr("client.example".to_owned()),
                ],
                _ if question.name == "client.example" => {
                    vec![Record::A("127.0.0.1".parse().unwrap())]
                }
                _ => vec![Record::A("127.0.0.2".parse().unwrap())],
            },
            secure: Secure::Insecure,
            ttl_seconds: 60,
            existence: Existence::Present,
            canonical_name: String::new(),
        }),
        other => panic!("{other:?}"),
    }
}

fn authenticity_of(text: &str) -> authenticity::Verdict {
    let mut verdict = authenticity::Verdict::default();
    verdict.iprev.result = IprevResult::Pass;
    verdict.iprev.name = Some("client.example".to_owned());
    verdict.spf.result = SpfResult::Pass;
    verdict.dmarc.domain = "elsewhere.example".to_owned();
    if text.contains("FORGED") {
        verdict.spf.result = SpfResult::Fail;
        verdict.iprev.result = IprevResult::PermError;
    }
    if text.contains("FRIEND") {
        verdict.dmarc.dkim_aligned = true;
    }
    if text.contains("REJECT") {
        verdict.dmarc.result = DmarcResult::Fail;
        verdict.dmarc.disposition = Policy::Reject;
    }
    if text.contains("List-Id:") {
        verdict.dkim.signatures.push(DkimSignature {
            result: DkimResult::Pass,
            ..DkimSignature::default()
        });
    }
    verdict
}

fn scanned(text: &str) -> Vec<Verdict> {
    let mut clamd = Verdict::plain(Source::Clamd, Action::Accept);
    if text.contains("EICAR") {
        clamd.action = Action::reject(550, "5.7.1", "The message contains malware: Eicar.");
        clamd.virus = Some("Eicar".to_owned());
    }
    let action = match text {
        _ if text.contains("GTUBE") => Action::reject(550, "5.7.1", "Gtube pattern"),
        _ if text.contains("SPAM") => Action::Junk,
        _ if text.contains("AGAIN") => Action::defer("Greylisted."),
        _ if text.contains("VANISH") => Action::Discard,
        _ if text.contains("BROKEN") => Action::Failed {
            why: "gone".to_owned(),
        },
        _ => Action::Accept,
    };
    let rspamd = Verdict {
        score: (!matches!(action, Action::Failed { .. })).then_some(Points(7_500)),
        required: Some(Points::whole(15)),
        reasons: vec![Reason {
            name: "BAYES_SPAM".to_owned(),
            points: Points(7_500),
            text: String::new(),
        }],
        headers: vec![
            HeaderChange::Insert {
                at: 0,
                name: "X-Seen".to_owned(),
                value: "yes".to_owned(),
            },
            HeaderChange::Change {
                name: "X-Spam".to_owned(),
                occurrence: 0,
                value: None,
            },
        ],
        ..Verdict::plain(Source::Rspamd, action)
    };
    vec![rspamd, clamd]
}

fn ours() -> Settings {
    Settings::new("mail.example.org")
}

fn with_scanners(when_down: WhenDown) -> Settings {
    let rule = |source| ScannerRule { source, when_down };
    Settings {
        scanners: vec![rule(Source::Rspamd), rule(Source::Clamd)],
        ..ours()
    }
}

/// What a stranger hears of a message with this subject.
async fn from_stranger(house: &House, subject: &str) -> String {
    let served = house.serve_plain(Service::Mx);
    let mut client = Client::greeted(&served, "EHLO client.example").await;
    let message = format!("Subject: {subject}\r\n\r\nx\r\n");
    let replies = client
        .deliver("x@elsewhere.example", HERE, message.as_bytes())
        .await;
    replies.last().unwrap().clone()
}

async fn only(house: &House, role: Role) -> String {
    let messages = house.mailbox(HERE[0], role).await;
    let [message] = messages.as_slice() else {
        panic!("{} messages with {role:?}", messages.len())
    };
    String::from_utf8(message.clone()).unwrap()
}

#[tokio::test]
async fn what_was_found_stands_above_the_message() {
    let (house, _) = house(ours()).await;
    let forged =
        "fine\r\nAuthentication-Results: mail.example.org; spf=pass\r\nX-Wachpost-Junk: no";
    let reply = from_stranger(&house, forged).await;
    assert!(reply.starts_with("250 2.0.0"), "{reply}");
    let message = only(&house, Role::Inbox).await;
    let (trace, content) = message.split_once("Received: ").unwrap();
    let rest = trace
        .strip_prefix(
            "Return-Path: <x@elsewhere.example>\r\nAuthentication-Results: mail.example.org",
        )
        .unwrap_or_else(|| panic!("{message}"));
    assert!(rest.contains("spf=pass"), "{message}");
    assert!(
        rest.ends_with("X-Wachpost-Junk: no, score 0.3 of 5.0 (dkim=none 0.3)\r\n"),
        "{message}"
    );
    assert!(
        content.ends_with("\r\nSubject: fine\r\n\r\nx\r\n"),
        "{message}"
    );
    assert_eq!(house.budget.free_octets(), house.budget.limit_octets());
}

#[tokio::test]
async fn our_own_score_puts_into_junk_and_says_why() {
    let (house, _) = house(ours()).await;
    from_stranger(&house, "FORGED").await;
    let message = only(&house, Role::Junk).await;
    let field = "X-Wachpost-Junk: yes, score 5.3 of 5.0 (spf=fail 3.5, dkim=none 0.3,\r\n\tiprev=permerror 1.5)\r\n";
    assert!(message.contains(field), "{message}");
    assert!(house.inbox(HERE[0]).await.is_empty());
}

#[tokio::test]
async fn whom_the_recipient_wrote_to_is_forgiven_what_is_provably_theirs() {
    let (house, _) = house(ours()).await;
    let principal = house.principal(HERE[0]).await;
    let own = Caller::new(Actor {
        principal: Some(principal),
        ..Actor::system()
    });
    let head = house.groupware.open_own(&own).await.unwrap();
    let letter = b"To: X@elsewhere.example\r\nSubject: hello\r\n\r\n".to_vec();
    let message = house.groupware.prepare(letter).await.unwrap();
    let new = NewMessage {
        message,
        keywords: Vec::new(),
        received_at: None,
    };
    let sent = head.with_role(Role::Sent).unwrap().id;
    let account = AccountId::from(principal);
    let added = house.groupware.append(&own, account, sent, vec![new]);
    added.await.unwrap();

    from_stranger(&house, "FORGED in the name of a friend").await;
    assert_eq!(house.mailbox(HERE[0], Role::Junk).await.len(), 1);
    from_stranger(&house, "FORGED by a FRIEND").await;
    let message = only(&house, Role::Inbox).await;
    assert!(message.contains("known -4.5)"), "{message}");
}

#[tokio::test]
async fn a_domain_is_not_spoken_for_by_others() {
    let (house, _) = house(ours()).await;
    let reply = from_stranger(&house, "REJECT").await;
    assert_eq!(
        reply,
        "550 5.7.1 Refused by the DMARC policy of elsewhere.example."
    );
    assert!(house.contents().await.is_empty());
    let reply = from_stranger(&house, "REJECT\r\nList-Id: <l.example>").await;
    assert!(reply.starts_with("250"), "{reply}");
    let message = only(&house, Role::Junk).await;
    assert!(message.contains("(dmarc=quarantine, "), "{message}");
}

#[tokio::test]
async fn a_dns_list_counts() {
    let settings = Settings {
        dns_lists: vec![DnsList::new("list.example")],
        ..ours()
    };
    let (house, asked) = house(settings).await;
    from_stranger(&house, "fine").await;
    // Loopback is on no list, so that only the authenticity was asked for.
    assert_eq!(asked.load(Relaxed), 1);
    assert!(!only(&house, Role::Inbox).await.contains("dnsl="));
}

#[tokio::test]
async fn scanners_are_heard_in_both_directions() {
    let (house, _) = house(with_scanners(WhenDown::Defer)).await;
    for (subject, reply) in [
        ("EICAR", "550 5.7.1 The message contains malware: Eicar."),
        ("GTUBE", "550 5.7.1 Gtube pattern"),
        (
            "GTUBE and EICAR",
            "550 5.7.1 The message contains malware: Eicar.",
        ),
        ("AGAIN", "451 4.7.1 Greylisted."),
        (
            "BROKEN",
            "451 4.3.0 The message cannot be checked now, please try again later.",
        ),
        ("VANISH", "250 2.0.0 Accepted as 0000000000000000-1."),
    ] {
        assert_eq!(from_stranger(&house, subject).await, reply, "{subject}");
    }
    assert!(house.contents().await.is_empty());

    let served = house.serve_plain(Service::Submission);
    let mut client = Client::greeted(&served, "EHLO client.example").await;
    client.say(PLAIN).await;
    for (subject, expected) in [
        (
            "EICAR",
            "550 5.7.1 Not sent: the message contains malware (Eicar).",
        ),
        (
            "GTUBE",
            "550 5.7.1 Not sent: the message is taken for spam (Gtube pattern).",
        ),
        (
            "SPAM for a friend",
            "250 2.0.0 Accepted as 0000000000000000-3.",
        ),
    ] {
        let message = format!("From: a@example.org\r\nSubject: {subject}\r\n\r\nx\r\n");
        let to = ["b@example.org", "y@elsewhere.example"];
        let replies = client
            .deliver("a@example.org", &to, message.as_bytes())
            .await;
        assert_eq!(replies.last().unwrap(), expected);
    }
    assert_eq!(house.queue().len(), 1);
    assert_eq!(house.inbox(HERE[0]).await.len(), 1);
    let counted = house.reception.as_ref().unwrap().counters().read();
    assert_eq!((counted.rejected, counted.deferred), (3, 2));
    assert_eq!((counted.discarded, counted.sent_rejected), (1, 2));
}

#[tokio::test]
async fn rspamd_says_what_is_junk_and_changes_the_header() {
    let (house, _) = house(with_scanners(WhenDown::Accept)).await;
    from_stranger(&house, "SPAM\r\nX-Spam: no\r\nX-Last: 1").await;
    let message = only(&house, Role::Junk).await;
    let field = "X-Wachpost-Junk: yes, score 7.5 of 15.0 by rspamd (BAYES_SPAM 7.5)\r\nX-Seen: yes\r\nReceived: ";
    assert!(message.contains(field), "{message}");
    assert!(
        message.ends_with("\r\nSubject: SPAM\r\nX-Last: 1\r\n\r\nx\r\n"),
        "{message}"
    );
    // Without rspamd's verdict our own score counts.
    from_stranger(&house, "BROKEN").await;
    assert!(
        only(&house, Role::Inbox)
            .await
            .contains("X-Wachpost-Junk: no, score 0.3 of 5.0")
    );
}

#[tokio::test]
async fn chunks_are_judged_and_a_relay_of_ours_is_not() {
    let (house, asked) = house(with_scanners(WhenDown::Accept)).await;
    let served = house.serve_plain(Service::Mx);
    let mut client = Client::greeted(&served, "EHLO client.example").await;
    client.say("MAIL FROM:<x@elsewhere.example>").await;
    client.say("RCPT TO:<b@example.org>").await;
    client.send(b"BDAT 9\r\nSubject: ").await;
    assert!(client.reply().await.starts_with("250"));
    client.send(b"BDAT 12 LAST\r\nGTUBE\r\n\r\nx\r\n").await;
    assert_eq!(client.reply().await, "550 5.7.1 Gtube pattern");
    assert_eq!(asked.load(Relaxed), 2);

    let served = house.serve_plain(Service::Lmtp);
    let mut client = Client::greeted(&served, "LHLO relay.example").await;
    let replies = client.deliver("x@y", HERE, b"Subject: GTUBE\r\n\r\n").await;
    assert!(replies.last().unwrap().starts_with("250"), "{replies:?}");
    assert_eq!(asked.load(Relaxed), 2);
}

#[tokio::test]
async fn without_the_egress_process_the_settings_decide() {
    for (when_down, code) in [(WhenDown::Accept, "250"), (WhenDown::Defer, "451 4.3.0")] {
        let mut house = House::new().await;
        let settings = Settings {
            authenticate_when_down: when_down,
            ..ours()
        };
        let egress = Egress::new();
        house.reception = Some(Reception::new(house.groupware.clone(), egress, settings));
        let reply = from_stranger(&house, "x").await;
        assert!(reply.starts_with(code), "{reply}");
    }
}

#[tokio::test]
async fn rspamd_is_told_the_name_that_leads_back_to_the_client() {
    for authenticate in [true, false] {
        let settings = Settings {
            authenticate,
            ..with_scanners(WhenDown::Accept)
        };
        let (house, _) = house(settings).await;
        // Among the names of the address only the second leads back; with the authenticity it was found out before.
        from_stranger(&house, "NAMELESS").await;
        assert_eq!(house.inbox(HERE[0]).await.len(), 1, "{authenticate}");
    }
}
