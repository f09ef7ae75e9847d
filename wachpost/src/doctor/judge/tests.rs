use std::path::Path;

use authenticity::Verdict;
use egress::wire::{Existence, Probed};

use super::*;
use crate::doctor::look::Seen;

const CONFIG: &str = "data = \"data\"\nhostname = \"mail.example.org\"\n[listen]\nhttps = [\"0.0.0.0:443\"]\n\
    [[tls.certificates]]\nchain = \"chain.pem\"\nkey = \"key.pem\"\n[mta_sts]\nmode = \"enforce\"\n";

fn answer(secure: Secure, records: Vec<Record>) -> Result<Answer, Unseen> {
    Ok(Answer {
        existence: if records.is_empty() {
            Existence::NoData
        } else {
            Existence::Present
        },
        records,
        secure,
        ttl_seconds: 60,
        canonical_name: String::new(),
    })
}

fn text(text: &str) -> Result<Answer, Unseen> {
    answer(Secure::Secure, vec![Record::Txt(text.as_bytes().to_vec())])
}

fn keys() -> Keys {
    Keys {
        signing: vec![("s1".into(), "v=DKIM1; k=ed25519; p=AAAA".into())],
        digests: vec!["00ff".into()],
    }
}

/// A domain at which everything is as it should be.
fn sound(config: &Config) -> Look {
    let policy = mta_sts::Policy::of(config);
    let id = policy.as_ref().map(mta_sts::Policy::id).unwrap_or_default();
    let ip = "192.0.2.1".parse().unwrap();
    let mut verdict = Verdict::unavailable(&authenticity::Arrival {
        ip,
        helo: "mail.example.org",
        reverse_path: "postmaster@example.org",
        message: b"",
        now: 0,
        host: "mail.example.org",
    });
    verdict.spf.result = SpfResult::Pass;
    Look {
        mx: answer(
            Secure::Secure,
            vec![Record::Mx {
                preference: 10,
                exchange: "mail.example.org".into(),
            }],
        ),
        texts: text("v=spf1 mx -all"),
        dmarc: text("v=DMARC1; p=reject; rua=mailto:postmaster@example.org"),
        tlsa: answer(
            Secure::Secure,
            vec![Record::Tlsa {
                usage: 3,
                selector: 1,
                matching: 1,
                data: vec![0, 0xff],
            }],
        ),
        sts: text(&format!("v=STSv1; id={id}")),
        tls_reports: text("v=TLSRPTv1; rua=mailto:postmaster@example.org"),
        signing: vec![("s1".into(), text("v=DKIM1; k=ed25519; p=AA AA"))],
        addresses: vec![Seen {
            ip,
            names: vec!["mail.example.org".into()],
            verdict: Some(verdict),
        }],
        addresses_secure: true,
        tls: Ok(vec![Probed {
            address: ip,
            seen: ProbeResult::Trusted,
        }]),
        policy: policy
            .map(|policy| policy.text().to_owned())
            .ok_or_else(|| "the web server answers 404".to_owned()),
    }
}

fn judged(change: impl FnOnce(&mut Look)) -> Judgement {
    judged_with(CONFIG, &keys(), change)
}

fn judged_with(config: &str, keys: &Keys, change: impl FnOnce(&mut Look)) -> Judgement {
    let file = tempfile::tempdir().unwrap();
    let path = file.path().join("wachpost.toml");
    std::fs::write(&path, config).unwrap();
    let config = Config::load(Path::new(&path)).unwrap();
    let set_up = SetUp::new("example.org", &config, keys);
    let mut look = sound(&config);
    change(&mut look);
    judge(&set_up, &config, keys, &look)
}

/// A server whose TLS has this flaw.
fn seen(result: TlsResult) -> Result<Vec<Probed>, Unseen> {
    Ok(vec![Probed {
        address: "192.0.2.1".parse().unwrap(),
        seen: ProbeResult::Flawed {
            result,
            detail: "as it is".into(),
        },
    }])
}

fn finding(judgement: &Judgement, measure: Measure) -> &Finding {
    let mut findings = judgement.findings.iter();
    findings.find(|finding| finding.measure == measure).unwrap()
}

#[test]
fn a_sound_domain_has_the_best_grade_and_nothing_to_do() {
    let judgement = judged(|_| {});
    let todo: Vec<_> = judgement
        .findings
        .iter()
        .filter(|finding| finding.state != State::Good)
        .collect();
    assert_eq!(todo, Vec::<&Finding>::new());
    assert_eq!(judgement.grade, Grade { met: 7, of: 7 });
}

#[test]
fn what_is_missing_is_named_with_the_record_to_publish() {
    let nothing = || answer(Secure::Insecure, Vec::new());
    let judgement = judged(|look| {
        (look.texts, look.dmarc, look.tlsa, look.sts) =
            (nothing(), nothing(), nothing(), nothing());
        look.signing = vec![("s1".into(), nothing())];
        look.mx = nothing();
        look.policy = Err("no such name".into());
        look.tls = seen(TlsResult::StarttlsNotSupported);
    });
    assert_eq!(judgement.grade, Grade { met: 0, of: 7 });
    for (measure, publish) in [
        (Measure::Mx, "example.org. 3600 IN MX 10 mail.example.org."),
        (Measure::Spf, "example.org. 3600 IN TXT \"v=spf1 mx -all\""),
        (
            Measure::Dkim,
            "s1._domainkey.example.org. 3600 IN TXT \"v=DKIM1; k=ed25519; p=AAAA\"",
        ),
        (
            Measure::Dmarc,
            "_dmarc.example.org. 3600 IN TXT \"v=DMARC1; p=reject;",
        ),
        (
            Measure::Dane,
            "_25._tcp.mail.example.org. 3600 IN TLSA 3 1 1 00ff",
        ),
        (
            Measure::MtaSts,
            "_mta-sts.example.org. 3600 IN TXT \"v=STSv1; id=",
        ),
    ] {
        let finding = finding(&judgement, measure);
        assert_eq!(finding.state, State::Bad, "{finding:?}");
        let todo = &finding.todo.as_ref().unwrap().text;
        assert!(todo.contains(publish), "{publish}: {finding:?}");
    }
    assert_eq!(finding(&judgement, Measure::Dnssec).state, State::Bad);
}

#[test]
fn what_is_weak_is_not_good() {
    let judgement = judged(|look| {
        look.texts = text("v=spf1 mx ?all");
        look.dmarc = text("v=DMARC1; p=none");
        look.addresses_secure = false;
        look.policy = look
            .policy
            .clone()
            .map(|policy| policy.replace("enforce", "testing"));
    });
    for measure in [
        Measure::Spf,
        Measure::Dmarc,
        Measure::Dnssec,
        Measure::MtaSts,
    ] {
        assert_eq!(
            finding(&judgement, measure).state,
            State::Weak,
            "{measure:?}"
        );
    }
    assert_eq!(judgement.grade.met, 3);
}

#[test]
fn contradictions_are_seen() {
    let judgement = judged(|look| {
        let records = ["v=spf1 mx -all", "v=spf1 -all"].map(|text| Record::Txt(text.into()));
        look.texts = answer(Secure::Secure, records.to_vec());
        look.tlsa = answer(
            Secure::Secure,
            vec![Record::Tlsa {
                usage: 3,
                selector: 1,
                matching: 1,
                data: vec![1],
            }],
        );
        look.mx = answer(Secure::Bogus, Vec::new());
        look.addresses[0].names = vec!["host.provider.example".into()];
    });
    for measure in [Measure::Spf, Measure::Dane, Measure::Dnssec, Measure::Ptr] {
        assert_eq!(
            finding(&judgement, measure).state,
            State::Bad,
            "{measure:?}"
        );
    }
    assert_eq!(
        finding(&judgement, Measure::Dane).found.code,
        Code::DaneOther
    );
}

#[test]
fn a_certificate_that_nobody_believes_is_weak() {
    let judgement = judged(|look| look.tls = seen(TlsResult::CertificateNotTrusted));
    let tls = finding(&judgement, Measure::Tls);
    assert_eq!(tls.state, State::Weak);
    assert_eq!(tls.found.code, Code::TlsUntrusted);
    assert_eq!(tls.found.values["address"], "192.0.2.1");
    assert_eq!(tls.found.values["detail"], "as it is");
}

#[test]
fn a_question_without_an_answer_is_no_verdict() {
    for (why, code) in [
        (Unseen::TimedOut, Code::LookupTimedOut),
        (Unseen::Down, Code::LookupDown),
        (Unseen::Failed("SERVFAIL".into()), Code::LookupFailed),
    ] {
        let judgement = judged(|look| look.dmarc = Err(why));
        let dmarc = finding(&judgement, Measure::Dmarc);
        assert_eq!((dmarc.state, dmarc.found.code), (State::Unknown, code));
    }
}

/// Whatever is to be done can be done: nothing is to be published that the configuration does not lead to.
#[test]
fn what_the_configuration_lacks_comes_before_what_is_published() {
    let nothing = || answer(Secure::Insecure, Vec::new());
    let bare = "data = \"data\"\nhostname = \"mail.example.org\"\n[listen]\nmx = []\nhttps = []\nsubmissions = []\nimaps = []\n";
    let judgement = judged_with(bare, &Keys::default(), |look| {
        (look.mx, look.texts, look.dmarc, look.tlsa, look.sts) =
            (nothing(), nothing(), nothing(), nothing(), nothing());
        look.tls_reports = nothing();
    });
    let todo = |measure| finding(&judgement, measure).todo.as_ref().unwrap().code;
    for (measure, code) in [
        (Measure::Mx, Code::ListenMx),
        (Measure::Spf, Code::ListenMx),
        (Measure::Dkim, Code::MakeKey),
        (Measure::Dmarc, Code::ListenMx),
        (Measure::Dane, Code::CertificateFirst),
        (Measure::Tls, Code::AddCertificate),
        (Measure::MtaSts, Code::ServeSts),
        (Measure::TlsRpt, Code::ListenMx),
    ] {
        assert_eq!(todo(measure), code, "{measure:?}");
    }
}

#[test]
fn a_policy_needs_its_record_its_name_and_a_certificate() {
    let nothing = || answer(Secure::Insecure, Vec::new());
    let judgement = judged(|look| look.sts = nothing());
    let todo = finding(&judgement, Measure::MtaSts).todo.clone().unwrap();
    assert_eq!(todo.code, Code::PublishSts);
    for part in [
        "certificate that is for mta-sts.example.org",
        "_mta-sts.example.org. 3600 IN TXT",
        "mta-sts.example.org. 3600 IN CNAME mail.example.org.",
    ] {
        assert!(todo.text.contains(part), "{part}: {}", todo.text);
    }
}
