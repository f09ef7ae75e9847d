//! Reports on DMARC to domains that ask for them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use authenticity::report::{Received, read};
use authenticity::{Arrival, DmarcResult, Policy, Verdict, read_dmarc_record};
use bytes::Bytes;
use egress::Egress;
use egress::wire::{Answer, Delivered, Existence, Record, Request, Response, Secure};
use tokio_util::sync::CancellationToken;
use transport::reception::{Envelope, Judged, Observer as _};
use transport::{
    Keeper, Keeping, Kept, NoSigner, Outside, Queue, Reporter, SenderLimitSettings, SenderLimits,
};

use crate::world::{World, hours, minutes, taken};

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

type Letters = Arc<Mutex<Vec<(String, Bytes)>>>;

/// A world that reports, with what came of it.
async fn reporting() -> (World, Egress, Letters) {
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
    let letters: Letters = Arc::default();
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
        Request::Policies(_) => (Response::Policies(1), Bytes::from_static(b"policies")),
        _ => panic!("nothing else is asked"),
    });
    (world, egress, letters)
}

/// The queue of a new life of the server.
fn queue(world: &World, egress: &Egress) -> Queue {
    let outside = Outside {
        groupware: world.groupware.clone(),
        egress: egress.clone(),
        signer: Arc::new(NoSigner),
        random: world.random.clone(),
    };
    Queue::new(outside, world.settings.clone())
}

/// So many messages come in the name of somebody else.
fn count(queue: &Queue, messages: usize) {
    let envelope = Envelope {
        client_ip: Some("192.0.2.7".parse().unwrap()),
        reverse_path: "x@forged.example".into(),
        ..Envelope::default()
    };
    let verdict = verdict();
    for _ in 0..messages {
        queue.dmarc_reports().judged(&Judged {
            envelope: &envelope,
            verdict: &verdict,
            applied: Policy::Reject,
            overridden: None,
        });
    }
}

fn assert_reported(letters: &Letters, messages: u64) {
    let letters = letters.lock().unwrap();
    let mut to: Vec<&str> = letters.iter().map(|(to, _)| to.as_str()).collect();
    to.sort_unstable();
    assert_eq!(to, ["a@yes.example", "dmarc@forged.example"]);
    let Ok(Received::Dmarc(report)) = read(&letters[0].1) else {
        panic!("no report")
    };
    assert_eq!(report.policy.domain, "forged.example");
    assert_eq!(report.messages(), messages);
}

#[tokio::test(start_paused = true)]
async fn a_domain_hears_of_mail_in_its_name() {
    let (world, egress, letters) = reporting().await;
    let queue = queue(&world, &egress);
    count(&queue, 3);
    let _ = tokio::time::timeout(hours(30), queue.run(CancellationToken::new())).await;
    assert_reported(&letters, 3);
}

/// Keeps in memory.
#[derive(Debug, Default)]
struct Drawer(Mutex<BTreeMap<Kept, Vec<u8>>>);

impl Keeper for Drawer {
    fn read(&self, kept: Kept) -> std::io::Result<Option<Vec<u8>>> {
        Ok(self.0.lock().unwrap().get(&kept).cloned())
    }

    fn write(&self, kept: Kept, octets: &[u8]) -> std::io::Result<()> {
        self.0.lock().unwrap().insert(kept, octets.to_vec());
        Ok(())
    }
}

/// A server lives for so long, counts so many messages at its end, and is stopped in good order or killed.
async fn live(
    (world, egress, drawer): (&World, &Egress, &Arc<Drawer>),
    messages: usize,
    time: Duration,
    graceful: bool,
) {
    let queue = queue(world, egress);
    let limits = Arc::new(SenderLimits::new(SenderLimitSettings::default()));
    let keeper = Arc::clone(drawer) as Arc<dyn Keeper>;
    let keeping = Keeping::begin(keeper, Arc::clone(&limits), queue.clone(), egress.clone());
    let both = async {
        let stopping = CancellationToken::new();
        tokio::join!(
            queue.clone().run(stopping.clone()),
            keeping.clone().run(stopping)
        )
    };
    let _ = tokio::time::timeout(time - Duration::from_secs(1), both).await;
    count(&queue, messages);
    if graceful {
        keeping.finish();
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_counted_before_a_stop_is_reported_after_it() {
    let (world, egress, letters) = reporting().await;
    let drawer: Arc<Drawer> = Arc::default();
    let parts = (&world, &egress, &drawer);
    live(parts, 2, minutes(3), true).await;
    live(parts, 3, minutes(3), true).await;
    assert_eq!(
        drawer.read(Kept::StsPolicies).unwrap().as_deref(),
        Some(&b"policies"[..])
    );
    // Nobody is there at midnight.
    let _ = tokio::time::timeout(hours(20), std::future::pending::<()>()).await;
    live(parts, 0, hours(5), true).await;
    assert_reported(&letters, 5);
    live(parts, 0, hours(30), true).await;
    assert_eq!(letters.lock().unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_kill_loses_the_last_minute_alone() {
    let (world, egress, letters) = reporting().await;
    let drawer: Arc<Drawer> = Arc::default();
    let queue = queue(&world, &egress);
    let limits = Arc::new(SenderLimits::new(SenderLimitSettings::default()));
    let keeper = Arc::clone(&drawer) as Arc<dyn Keeper>;
    let keeping = Keeping::begin(keeper, limits, queue.clone(), egress.clone());
    let run = async {
        let stopping = CancellationToken::new();
        tokio::join!(queue.clone().run(stopping.clone()), keeping.run(stopping))
    };
    let counted = async {
        count(&queue, 4);
        let _ = tokio::time::timeout(minutes(2), std::future::pending::<()>()).await;
        count(&queue, 1);
    };
    tokio::select! {
        _ = run => panic!("it ends by itself"),
        () = counted => {}
    }
    live((&world, &egress, &drawer), 0, hours(30), false).await;
    assert_reported(&letters, 4);
}
