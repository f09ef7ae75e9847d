//! Certificates by themselves: pebble, the test server of ACME's authors, issues and renews one while the server runs.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::house::{House, await_some};
use super::issuer::Issuer;
use super::names::{Names, UPDATE_KEY, UPDATE_SECRET};
use super::network::alone;

const RECORDS: &str = "\
    a.test. MX 10 mail.a.test.\nmail.a.test. A 44.0.0.1\nacme.test. A 44.0.0.9\n";
const UNSIGNED: &str = "mail.a.open. A 44.0.0.1\n";
const HOSTS: [u8; 2] = [1, 9];
/// Seconds that a certificate is valid: it is renewed when a third of it is left.
const VALID_SECONDS: u32 = 12;

#[test]
fn a_certificate_is_issued_and_renewed_over_port_443() {
    alone(
        module_path!(),
        "a_certificate_is_issued_and_renewed_over_port_443",
        &HOSTS,
        |folder| {
            let ground = Ground::lay(folder, VALID_SECONDS);
            let house = ground.house("mail.a.test", "challenge = \"tls-alpn-01\"\n");
            let first = ground.issued(&house, "mail.a.test", "");
            let key = public_key();
            let second = ground.issued(&house, "mail.a.test", &first);
            assert_ne!(first, second);
            assert_eq!(public_key(), key, "what the DNS says of it stays true");
            assert_eq!(
                house.server.log().matches("ERROR").count(),
                0,
                "{}",
                house.server.log()
            );
        },
    );
}

#[test]
fn a_certificate_is_issued_over_port_80() {
    alone(
        module_path!(),
        "a_certificate_is_issued_over_port_80",
        &HOSTS,
        |folder| {
            let ground = Ground::lay(folder, 3_600);
            let house = ground.house("mail.a.test", "challenge = \"http-01\"\n");
            ground.issued(&house, "mail.a.test", "");
        },
    );
}

#[test]
fn a_certificate_is_issued_for_a_record_in_the_dns() {
    alone(
        module_path!(),
        "a_certificate_is_issued_for_a_record_in_the_dns",
        &HOSTS,
        |folder| {
            let ground = Ground::lay(folder, 3_600);
            let secret = folder.join("tsig");
            fs::write(&secret, UPDATE_SECRET).unwrap();
            let dns = format!(
                "challenge = \"dns-01\"\n[acme.dns]\nserver = \"44.0.0.53:53\"\nzone = \"open\"\nkey = \"{UPDATE_KEY}\"\n\
             secret_file = \"{}\"\n",
                secret.display()
            );
            let house = ground.house("mail.a.open", &dns);
            ground.issued(&house, "mail.a.open", "");
        },
    );
}

struct Ground {
    names: Names,
    issuer: Issuer,
    _pebble: Pebble,
}

impl Ground {
    fn lay(folder: &Path, valid_seconds: u32) -> Self {
        let issuer = Issuer::new();
        let names = Names::start(folder, RECORDS, UNSIGNED);
        let _pebble = Pebble::start(folder, &issuer, valid_seconds);
        Self {
            names,
            issuer,
            _pebble,
        }
    }

    fn house(&self, name: &str, challenge: &str) -> House {
        let own = Issuer::new().issue(&["mail.a.test"]);
        let more = format!(
            "[acme]\ndirectory = \"https://acme.test:14000/dir\"\nnames = [\"{name}\"]\n{challenge}"
        );
        House::start(
            "44.0.0.1",
            "a.test",
            (&self.names, &self.issuer, &own),
            &more,
        )
    }

    /// Waits for a certificate of pebble's with another number; its number.
    fn issued(&self, house: &House, name: &str, not: &str) -> String {
        let issued = || {
            let shown = shown(name, &["-noout", "-issuer", "-serial"]);
            let (issuer, number) = shown.split_once('\n')?;
            (issuer.contains("Pebble") && number != not).then(|| number.to_owned())
        };
        await_some(issued, || {
            format!("no certificate:\n{}", house.server.log())
        })
    }
}

fn public_key() -> String {
    shown("mail.a.test", &["-noout", "-pubkey"])
}

/// What openssl says of the certificate that the server shows.
fn shown(name: &str, about: &[&str]) -> String {
    let script = "openssl s_client -connect 44.0.0.1:443 -servername \"$0\" </dev/null 2>/dev/null | openssl x509 \"$@\" 2>/dev/null";
    let output = Command::new("sh")
        .args(["-c", script, name])
        .args(about)
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The issuer.
struct Pebble(Child);

impl Pebble {
    fn start(folder: &Path, issuer: &Issuer, valid_seconds: u32) -> Self {
        let folder = folder.join("pebble");
        issuer.issue(&["acme.test"]).write(&folder);
        let config = format!(
            r#"{{"pebble": {{"listenAddress": "44.0.0.9:14000", "managementListenAddress": "44.0.0.9:15000",
            "certificate": "chain.pem", "privateKey": "key.pem", "httpPort": 80, "tlsPort": 443,
            "ocspResponderURL": "", "externalAccountBindingRequired": false,
            "certificateValidityPeriod": {valid_seconds}}}}}"#
        );
        fs::write(folder.join("pebble.json"), config).unwrap();
        let log = fs::File::create(folder.join("log")).unwrap();
        let child = Command::new("pebble")
            .args([
                "-config",
                "pebble.json",
                "-strict",
                "-dnsserver",
                "44.0.0.53:53",
            ])
            .env("PEBBLE_VA_NOSLEEP", "1")
            .current_dir(&folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        let listens = || std::net::TcpStream::connect("44.0.0.9:14000").ok();
        await_some(listens, || "pebble does not listen".to_owned());
        Self(child)
    }
}

impl Drop for Pebble {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
