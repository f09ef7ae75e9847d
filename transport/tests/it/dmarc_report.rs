//! Reports on DMARC to domains that ask for them.

use std::sync::{Arc, Mutex};

use authenticity::report::{Received, read};
use authenticity::{Arrival, DmarcResult, Policy, Verdict, read_dmarc_record};
use bytes::Bytes;
use egress::Egress;
use egress::wire::{Answer, Delivered, Existence, Record, Request, Response, Secure};
use tokio_util::sync::CancellationToken;
use transport::reception::{Envelope, Judged, Observer as _};
use transport::{NoSigner, Outside, Queue, Reporter};

use crate::world::{World, hours, taken};

const RECORD: &str =
    "v=DMARC1; p=reject; rua=mailto:dmarc@forged.example,mailto:a@yes.example,mailto:b@no.example";

fn txt(name: &str) -> Option<&'static str> {
    match name {
        "_dmarc.forged.example" => Some(RECORD),
        // RFC 9990 4: this one agrees to get them, the other does not.
        "forged.example._report._dmarc.yes.example" => Some("v=DMARC1"),
        _ => None,
    }
}

fn verdict() -> Verdict {
    let mut verdict = Verdict::unavailable(&Arrival {
        ip: "192.0.2.7".parse().unwrap(),
        helo: "client.example",
        reverse_path: "x@forged.example",
        message: b"From: x@forged.example\r\n\r\n",
        now: 1_700_000_000,
        host: "mail.example.org",
    });
    verdict.dmarc.result = DmarcResult::Fail;
    verdict.dmarc.domain = "forged.example".into();
    verdict.dmarc.disposition = Policy::Reject;
    let mut record = read_dmarc_record(RECORD.as_bytes()).unwrap();
    record.domain = "forged.example".into();
    verdict.dmarc.record = Some(record);
    verdict
}

#[tokio::test(start_paused = true)]
async fn a_domain_hears_of_mail_in_its_name() {
    let mut world = World::new().await;
    world.settings.reporter = Some(Reporter {
        organization: "Example".into(),
        address: "dmarc@example.org".into(),
    });
    let actor = model::Actor::system();
    let directory = world.groupware.directory();
    directory
        .set_administrator(&actor, world.bert, true)
        .await
        .unwrap();
    let letters: Arc<Mutex<Vec<(String, Bytes)>>> = Arc::default();
    let mails = Arc::clone(&letters);
    let egress = Egress::scripted(move |request, body| match request {
        Request::Deliver(delivery) => {
            let to = delivery.recipients[0].forward_path.clone();
            mails.lock().unwrap().push((to, body));
            let delivered = Delivered {
                results: vec![taken()],
                observations: Vec::new(),
            };
            (Response::Delivered(delivered), Bytes::new())
        }
        Request::Lookup(question) => {
            let text = txt(&question.name);
            let answer = Answer {
                records: text
                    .map(|text| Record::Txt(text.as_bytes().to_vec()))
                    .into_iter()
                    .collect(),
                secure: Secure::Insecure,
                ttl_seconds: 60,
                existence: match text {
                    Some(_) => Existence::Present,
                    None => Existence::NoName,
                },
                canonical_name: question.name,
            };
            (Response::Answer(answer), Bytes::new())
        }
        _ => panic!("nothing else is asked"),
    });
    let outside = Outside {
        groupware: world.groupware.clone(),
        egress,
        signer: Arc::new(NoSigner),
        random: world.random.clone(),
    };
    let queue = Queue::new(outside, world.settings.clone());
    let envelope = Envelope {
        client_ip: Some("192.0.2.7".parse().unwrap()),
        reverse_path: "x@forged.example".into(),
        ..Envelope::default()
    };
    let verdict = verdict();
    for _ in 0..3 {
        queue.dmarc_reports().judged(&Judged {
            envelope: &envelope,
            verdict: &verdict,
            applied: Policy::Reject,
            overridden: None,
        });
    }
    let _ = tokio::time::timeout(hours(30), queue.run(CancellationToken::new())).await;
    let letters = letters.lock().unwrap();
    let mut to: Vec<&str> = letters.iter().map(|(to, _)| to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["a@yes.example", "dmarc@forged.example"]);
    let Ok(Received::Dmarc(report)) = read(&letters[0].1) else {
        panic!("no report")
    };
    assert_eq!(report.policy.domain, "forged.example");
    assert_eq!(report.messages(), 3);
}
