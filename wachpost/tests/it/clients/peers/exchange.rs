//! Mail goes round: between two Wachposts, Postfix, OpenSMTPD, and a server that behaves badly.

use std::path::Path;

use super::house::{House, await_some, with_subject};
use super::issuer::{Issued, Issuer};
use super::names::Names;
use super::network::{alone, run};
use super::opensmtpd::OpenSmtpd;
use super::postfix::Postfix;
use crate::stub::{Manner, Stub};

/// Records of everybody who takes part: `a` and `b` are ours, `p` is Postfix, `o` OpenSMTPD, `s` the stub.
const RECORDS: &str = "\
    a.test. MX 10 mail.a.test.\nmail.a.test. A 44.0.0.1\n1.0.0.44.in-addr.arpa. PTR mail.a.test.\n\
    a.test. TXT \"v=spf1 a:mail.a.test -all\"\n_dmarc.a.test. TXT \"v=DMARC1; p=reject\"\n\
    b.test. MX 10 mail.b.test.\nmail.b.test. A 44.0.0.2\n2.0.0.44.in-addr.arpa. PTR mail.b.test.\n\
    b.test. TXT \"v=spf1 a:mail.b.test -all\"\n_dmarc.b.test. TXT \"v=DMARC1; p=reject\"\n\
    p.test. MX 10 mx.p.test.\nmx.p.test. A 44.0.0.3\n3.0.0.44.in-addr.arpa. PTR mx.p.test.\n\
    p.test. TXT \"v=spf1 a:mx.p.test -all\"\n\
    o.test. MX 10 mx.o.test.\nmx.o.test. A 44.0.0.4\n4.0.0.44.in-addr.arpa. PTR mx.o.test.\n\
    o.test. TXT \"v=spf1 a:mx.o.test -all\"\n\
    s.test. MX 10 mx.s.test.\nmx.s.test. A 44.0.0.5\n\
    nothing.test. MX 0 .\n\
    dead.test. MX 5 mx.dead.test.\ndead.test. MX 10 mx.s.test.\nmx.dead.test. A 44.0.0.6\n";
const HOSTS: [u8; 6] = [1, 2, 3, 4, 5, 6];

/// What every exchange needs.
struct Ground {
    names: Names,
    issuer: Issuer,
    a: Issued,
}

impl Ground {
    fn lay(folder: &Path) -> Self {
        let issuer = Issuer::new();
        Self {
            names: Names::start(folder, RECORDS, ""),
            a: issuer.issue(&["mail.a.test"]),
            issuer,
        }
    }

    fn house_a(&self) -> House {
        House::start(
            "44.0.0.1",
            "a.test",
            (&self.names, &self.issuer, &self.a),
            "",
        )
    }
}

#[test]
fn mail_goes_round_between_four_servers() {
    alone(
        module_path!(),
        "mail_goes_round_between_four_servers",
        &HOSTS,
        |folder| {
            let mut ground = Ground::lay(folder);
            let house_a = ground.house_a();
            let issued = ground.issuer.issue(&["mail.b.test"]);
            let house_b = House::start(
                "44.0.0.2",
                "b.test",
                (&ground.names, &ground.issuer, &issued),
                "",
            );
            house_a.sign(&mut ground.names);
            house_b.sign(&mut ground.names);
            let issued = ground.issuer.issue(&["mx.p.test"]);
            let postfix = Postfix::start(folder, 3, "p.test", &issued, "");
            let issued = ground.issuer.issue(&["mx.o.test"]);
            let opensmtpd = OpenSmtpd::start(folder, 4, "o.test", &issued);

            house_a
                .submit("anna@a.test", "ben@b.test", "von a nach b")
                .unwrap();
            house_a
                .submit("anna@a.test", "carl@p.test", "von a nach p")
                .unwrap();
            house_a
                .submit("anna@a.test", "dora@o.test", "von a nach o")
                .unwrap();
            relay(
                postfix.address(),
                "carl@p.test",
                "anna@a.test",
                "von p nach a",
            );
            relay(
                opensmtpd.address(),
                "dora@o.test",
                "anna@a.test",
                "von o nach a",
            );

            let at_b = house_b.await_message("ben", "INBOX", "von a nach b");
            for result in ["spf=pass", "dkim=pass", "dmarc=pass"] {
                assert!(at_b.contains(result), "{result} in {at_b}");
            }
            assert!(at_b.contains("TLS1_3") || at_b.contains("ESMTPS"), "{at_b}");
            let at_p = await_some(
                || with_subject(postfix.messages(), "von a nach p"),
                || postfix.log(),
            );
            assert!(
                at_p.contains("DKIM-Signature:") && at_p.contains("using TLSv1.3"),
                "{at_p}"
            );
            await_some(
                || with_subject(opensmtpd.messages(), "von a nach o"),
                || opensmtpd.log(),
            );
            let from_p = house_a.await_message("anna", "INBOX", "von p nach a");
            assert!(from_p.contains("spf=pass"), "{from_p}");
            house_a.await_message("anna", "INBOX", "von o nach a");
            await_some(
                || house_a.queue().is_empty().then_some(()),
                || "the queue is not empty".into(),
            );
        },
    );
}

#[test]
fn what_cannot_be_delivered_comes_back() {
    alone(
        module_path!(),
        "what_cannot_be_delivered_comes_back",
        &HOSTS,
        |folder| {
            let ground = Ground::lay(folder);
            let house = ground.house_a();
            let stub = Stub::start("44.0.0.5:25", &[Manner::Refuse]);
            house
                .submit("anna@a.test", "eva@s.test", "abgewiesen")
                .unwrap();
            house
                .submit("anna@a.test", "x@nothing.test", "kein Empfang")
                .unwrap();
            house
                .submit("anna@a.test", "x@nowhere.test", "keine Domain")
                .unwrap();
            let reports = || {
                let messages = house.messages("anna", "INBOX");
                (messages.len() == 3).then_some(messages)
            };
            let reports = await_some(reports, || house.server.log());
            for (address, status) in [
                ("eva@s.test", "5.6.0"),
                ("x@nothing.test", "5.1.10"),
                ("x@nowhere.test", "5.1.2"),
            ] {
                let report = reports.iter().find(|report| report.contains(address));
                let report =
                    report.unwrap_or_else(|| panic!("no report about {address}: {reports:?}"));
                assert!(report.contains("multipart/report"), "{report}");
                assert!(report.contains(&format!("Status: {status}")), "{report}");
            }
            assert!(stub.taken().is_empty());
            assert!(house.queue().is_empty());
        },
    );
}

#[test]
fn what_fails_for_now_is_tried_again() {
    alone(
        module_path!(),
        "what_fails_for_now_is_tried_again",
        &HOSTS,
        |folder| {
            let ground = Ground::lay(folder);
            let house = ground.house_a();
            let manners = [Manner::Greylist, Manner::BreakOffInData, Manner::Drip];
            let stub = Stub::start("44.0.0.5:25", &manners);
            house
                .submit("anna@a.test", "eva@s.test", "beim dritten Mal")
                .unwrap();
            // The administrator need not wait for the next attempt.
            for attempts in 1..=2 {
                let deferred = || house.server.log().matches("message deferred").count();
                await_some(
                    || (deferred() >= attempts).then_some(()),
                    || house.server.log(),
                );
                house.server.command_ok(&["queue", "retry", "--all"]);
            }
            let taken = await_some(|| stub.taken().into_iter().next(), || house.server.log());
            assert_eq!(taken.recipients, ["eva@s.test"]);
            assert!(taken.message.contains("beim dritten Mal"));
            await_some(
                || house.queue().is_empty().then_some(()),
                || house.server.log(),
            );
            assert_eq!(stub.taken().len(), 1, "once and not twice");
        },
    );
}

#[test]
fn a_dead_exchanger_is_passed_over() {
    alone(
        module_path!(),
        "a_dead_exchanger_is_passed_over",
        &HOSTS,
        |folder| {
            let ground = Ground::lay(folder);
            let house = ground.house_a();
            let stub = Stub::start("44.0.0.5:25", &[]);
            house
                .submit("anna@a.test", "x@dead.test", "der zweite nimmt es")
                .unwrap();
            await_some(|| stub.taken().into_iter().next(), || house.server.log());
        },
    );
}

/// Hands a message to a peer, from its own address, to be relayed.
fn relay(server: &str, from: &str, to: &str, subject: &str) {
    run(
        "swaks",
        &[
            "--server",
            server,
            "--helo",
            "local.invalid",
            "--from",
            from,
            "--to",
            to,
            "--h-Subject",
            subject,
        ],
    );
}
