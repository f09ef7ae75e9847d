//! What the receiver demands of the connection: DANE (RFC 7672) and MTA-STS (RFC 8461), kept and broken.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::house::{House, await_some};
use super::issuer::{Issued, Issuer};
use super::names::Names;
use super::network::alone;

/// `b` is in the signed part of the DNS, `open` in the other.
const RECORDS: &str = "\
    a.test. MX 10 mail.a.test.\nmail.a.test. A 44.0.0.1\na.test. TXT \"v=spf1 a:mail.a.test -all\"\n\
    b.test. MX 10 mail.b.test.\nmail.b.test. A 44.0.0.2\n";
const UNSIGNED: &str = "\
    b.open. MX 10 mail.b.open.\nmail.b.open. A 44.0.0.2\nmta-sts.b.open. A 44.0.0.7\n\
    _mta-sts.b.open. TXT \"v=STSv1; id=1\"\n";
const HOSTS: [u8; 3] = [1, 2, 7];

fn houses(names: &Names, issuer: &Issuer, domain: &'static str, issued: &Issued) -> (House, House) {
    let a = issuer.issue(&["mail.a.test"]);
    (
        House::start("44.0.0.1", "a.test", (names, issuer, &a), ""),
        House::start("44.0.0.2", domain, (names, issuer, issued), ""),
    )
}

/// The message must wait, because of that.
fn assert_waits(house: &House, because: &str) {
    let waits = || {
        let queue = house.queue();
        queue
            .iter()
            .any(|item| {
                item["last"]
                    .as_str()
                    .is_some_and(|last| last.contains(because))
            })
            .then_some(())
    };
    await_some(waits, || {
        format!(
            "nothing waits because of {because}: {:?}\n{}",
            house.queue(),
            house.server.log()
        )
    });
}

#[test]
fn a_key_that_is_not_the_published_one_gets_no_mail() {
    alone(
        module_path!(),
        "a_key_that_is_not_the_published_one_gets_no_mail",
        &HOSTS,
        |folder| {
            let issuer = Issuer::new();
            let issued = issuer.issue(&["mail.b.test"]);
            let mut names = Names::start(folder, RECORDS, "");
            // Not the one that the server has, although everybody trusts its issuer.
            let other = issuer.issue(&["mail.b.test"]);
            names.publish(&format!(
                "_25._tcp.mail.b.test. TLSA 3 1 1 {}",
                other.key_digest
            ));
            let (a, b) = houses(&names, &issuer, "b.test", &issued);
            a.submit("anna@a.test", "ben@b.test", "nur mit dem Schluessel")
                .unwrap();
            assert_waits(&a, "DANE at mail.b.test");
            assert!(b.messages("ben", "INBOX").is_empty());

            names.publish(&format!(
                "_25._tcp.mail.b.test. TLSA 3 1 1 {}",
                issued.key_digest
            ));
            let again = || {
                a.server.command_ok(&["queue", "retry", "--all"]);
                (!b.messages("ben", "INBOX").is_empty()).then_some(())
            };
            await_some(again, || a.server.log());
        },
    );
}

#[test]
fn a_policy_that_is_kept_lets_mail_pass() {
    alone(
        module_path!(),
        "a_policy_that_is_kept_lets_mail_pass",
        &HOSTS,
        |folder| {
            let issuer = Issuer::new();
            let names = Names::start(folder, RECORDS, UNSIGNED);
            let _policy = Policy::serve(folder, &issuer, "mail.b.open");
            let issued = issuer.issue(&["mail.b.open"]);
            let (a, b) = houses(&names, &issuer, "b.open", &issued);
            a.submit("anna@a.test", "ben@b.open", "nach der Regel")
                .unwrap();
            b.await_message("ben", "INBOX", "nach der Regel");
        },
    );
}

#[test]
fn a_policy_that_names_another_exchanger_is_obeyed() {
    alone(
        module_path!(),
        "a_policy_that_names_another_exchanger_is_obeyed",
        &HOSTS,
        |folder| {
            let issuer = Issuer::new();
            let names = Names::start(folder, RECORDS, UNSIGNED);
            let _policy = Policy::serve(folder, &issuer, "mx.elsewhere.open");
            let issued = issuer.issue(&["mail.b.open"]);
            let (a, b) = houses(&names, &issuer, "b.open", &issued);
            a.submit("anna@a.test", "ben@b.open", "gegen die Regel")
                .unwrap();
            assert_waits(&a, "MTA-STS at ");
            assert!(b.messages("ben", "INBOX").is_empty());
        },
    );
}

#[test]
fn a_policy_wants_a_certificate_of_an_issuer_that_is_trusted() {
    alone(
        module_path!(),
        "a_policy_wants_a_certificate_of_an_issuer_that_is_trusted",
        &HOSTS,
        |folder| {
            let issuer = Issuer::new();
            let names = Names::start(folder, RECORDS, UNSIGNED);
            let _policy = Policy::serve(folder, &issuer, "mail.b.open");
            let issued = Issuer::new().issue(&["mail.b.open"]);
            let (a, b) = houses(&names, &issuer, "b.open", &issued);
            a.submit("anna@a.test", "ben@b.open", "unbekannter Aussteller")
                .unwrap();
            assert_waits(&a, "MTA-STS at ");
            assert!(b.messages("ben", "INBOX").is_empty());
        },
    );
}

#[test]
fn a_policy_that_was_seen_is_not_forgotten_by_a_restart() {
    alone(
        module_path!(),
        "a_policy_that_was_seen_is_not_forgotten_by_a_restart",
        &HOSTS,
        |folder| {
            let issuer = Issuer::new();
            let names = Names::start(folder, RECORDS, UNSIGNED);
            let policy = Policy::serve(folder, &issuer, "mail.b.open");
            let issued = issuer.issue(&["mail.b.open"]);
            let (mut a, mut b) = houses(&names, &issuer, "b.open", &issued);
            a.submit("anna@a.test", "ben@b.open", "vorher").unwrap();
            b.await_message("ben", "INBOX", "vorher");
            // RFC 8461 10.2: somebody in between keeps the policy from being fetched, and shows a certificate of his own.
            drop(policy);
            let other = Issuer::new().issue(&["mail.b.open"]);
            other.write(&b.server.folder().join("tls"));
            b.server.restart();
            a.server.restart();
            a.submit("anna@a.test", "ben@b.open", "nachher").unwrap();
            assert_waits(&a, "MTA-STS at ");
            assert_eq!(b.messages("ben", "INBOX").len(), 1);
        },
    );
}

/// The web server of a domain's policy (RFC 8461 3.3).
struct Policy(Child);

impl Policy {
    fn serve(folder: &Path, issuer: &Issuer, exchanger: &str) -> Self {
        let folder = folder.join("policy");
        issuer.issue(&["mta-sts.b.open"]).write(&folder);
        fs::create_dir_all(folder.join(".well-known")).unwrap();
        let text =
            format!("version: STSv1\r\nmode: enforce\r\nmx: {exchanger}\r\nmax_age: 86400\r\n");
        fs::write(folder.join(".well-known/mta-sts.txt"), text).unwrap();
        let child = Command::new("openssl")
            .args([
                "s_server",
                "-WWW",
                "-accept",
                "44.0.0.7:443",
                "-cert",
                "chain.pem",
                "-key",
                "key.pem",
            ])
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }
}

impl Drop for Policy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
