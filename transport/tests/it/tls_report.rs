//! Reports on TLS to domains that ask for them.

use std::sync::{Arc, Mutex};

use authenticity::report::{Received, read};
use bytes::Bytes;
use egress::Egress;
use egress::wire::{
    Answer, Delivered, Existence, HttpResponse, PolicyType, Record, Request, Response, Secure,
    TlsObservation, TlsResult,
};
use transport::Reporter;

use crate::world::{Network, World, hours, taken};

fn observation(domain: &str, result: TlsResult) -> TlsObservation {
    TlsObservation {
        policy_type: PolicyType::Sts,
        policy_strings: vec!["version: STSv1".into(), "mode: enforce".into()],
        policy_domain: domain.into(),
        mx_patterns: vec![format!("*.{domain}")],
        receiving_host: Some(format!("mx.{domain}")),
        receiving_ip: None,
        sending_ip: None,
        result,
        detail: None,
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_seen_in_a_day_goes_where_the_domain_wants_it() {
    let mut world = World::new().await;
    world.settings.reporter = Some(Reporter {
        organization: "Example".into(),
        address: "tls@example.org".into(),
    });
    let actor = model::Actor::system();
    let directory = world.groupware.directory();
    directory
        .set_administrator(&actor, world.bert, true)
        .await
        .unwrap();
    let letters: Arc<Mutex<Vec<(String, Bytes)>>> = Arc::default();
    let posted: Arc<Mutex<Vec<Bytes>>> = Arc::default();
    let (mails, posts) = (Arc::clone(&letters), Arc::clone(&posted));
    let egress = Egress::scripted(move |request, body| match request {
        Request::Deliver(delivery) => {
            let to = delivery.recipients[0].forward_path.clone();
            let domain = to.rsplit_once('@').unwrap().1.to_owned();
            let result = if mails.lock().unwrap().len() % 2 == 0 {
                TlsResult::Success
            } else {
                TlsResult::CertificateExpired
            };
            mails.lock().unwrap().push((to, body));
            let delivered = Delivered {
                results: vec![taken(); delivery.recipients.len()],
                observations: vec![observation(&domain, result)],
            };
            (Response::Delivered(delivered), Bytes::new())
        }
        Request::Lookup(question) => {
            let record = match question.name.as_str() {
                "_smtp._tls.mail.example" => Some("v=TLSRPTv1; rua=mailto:tlsrpt@reports.example"),
                "_smtp._tls.web.example" => Some("v=TLSRPTv1; rua=https://web.example/tls"),
                _ => None,
            };
            let answer = Answer {
                records: record
                    .map(|text| Record::Txt(text.as_bytes().to_vec()))
                    .into_iter()
                    .collect(),
                secure: Secure::Insecure,
                ttl_seconds: 60,
                existence: Existence::Present,
                canonical_name: question.name,
            };
            (Response::Answer(answer), Bytes::new())
        }
        Request::Fetch(request) => {
            assert_eq!(request.url, "https://web.example/tls");
            posts.lock().unwrap().push(body);
            let response = HttpResponse {
                status: 201,
                headers: Vec::new(),
            };
            (Response::Fetched(response), Bytes::new())
        }
        _ => panic!("nothing else is asked"),
    });
    let network = Network {
        egress,
        seen: Arc::default(),
    };
    for domain in ["mail.example", "web.example", "silent.example"] {
        for name in ["a", "b"] {
            world.send(&[&format!("{name}@{domain}")]).await;
        }
    }
    world.work(&network, hours(30)).await;
    assert!(world.waiting().await.is_empty());
    assert_eq!(posted.lock().unwrap().len(), 1);
    let letters = letters.lock().unwrap();
    let reports: Vec<&(String, Bytes)> = letters
        .iter()
        .filter(|(to, _)| to == "tlsrpt@reports.example")
        .collect();
    let [(_, letter)] = reports.as_slice() else {
        panic!("{} reports", reports.len())
    };
    let Ok(Received::Tls(report)) = read(letter) else {
        panic!("no report: {}", String::from_utf8_lossy(letter))
    };
    let summary = &report.policies[0].summary;
    let sessions = summary.total_successful_session_count + summary.total_failure_session_count;
    assert_eq!(sessions, 2);
    assert_eq!(report.policies[0].policy.policy_domain, "mail.example");
}
