//! fetchmail: reads over IMAP and hands each message to a program.

use testbed::Seeded;
use testbed::corpus::made_up;

use super::imap::Imap;
use super::maildir::without_cr;
use super::program::Program;
use super::site::{ANNA, PASSWORD, Site};

/// fetchmail 6.4: no new mail.
const NOTHING_NEW: i32 = 1;

/// Writes the configuration and runs it once.
fn fetch(site: &Site, port: u16, tls: &str, keep: &str) -> super::program::Finished {
    let got = site.make_folder("got");
    let program = site.write(
        "take.sh",
        &format!(
            "#!/bin/sh\nexec cat > \"$(mktemp {}/XXXXXX)\"\n",
            got.display()
        ),
    );
    let configuration = site.write(
        "fetchmailrc",
        &format!(
            "set no bouncemail\nset no syslog\npoll 127.0.0.1 service {port} proto IMAP timeout 30\n  \
             user \"{ANNA}\" password \"{PASSWORD}\" {tls} {keep}\n  mda \"/bin/sh {}\"\n",
            program.display()
        ),
    );
    Program::new(site, "fetchmail")
        .env("FETCHMAILHOME", site.folder())
        .args(["-v", "--nodetach", "--fetchmailrc"])
        .args([configuration])
        // As root it would otherwise share one lock with every other fetchmail of the machine.
        .args(["--pidfile".into(), site.folder().join("fetchmail.pid")])
        .run()
}

#[test]
fn takes_mail_away_over_starttls_and_tls() {
    let site = Site::start();
    let messages = made_up(&mut Seeded::new(21), 12);
    for (port, tls) in [
        (site.imap, "sslproto TLS1.2+".to_owned()),
        (site.imaps, "ssl".to_owned()),
    ] {
        let mut imap = Imap::sign_in(&site, ANNA);
        for message in &messages {
            imap.append("INBOX", "", message);
        }
        let trust = format!(
            "{tls} sslcertfile \"{}\" sslcommonname localhost",
            site.certificate().display()
        );
        let finished = fetch(&site, port, &trust, "no keep");
        finished.assert(finished.status.success(), "to fetch");
        assert_eq!(imap.count("INBOX"), 0, "{}", finished.output);
        let finished = fetch(&site, port, &trust, "no keep");
        finished.assert(
            finished.status.code() == Some(NOTHING_NEW),
            "to find nothing",
        );
    }
    let got: Vec<Vec<u8>> = std::fs::read_dir(site.folder().join("got"))
        .unwrap()
        .map(|entry| std::fs::read(entry.unwrap().path()).unwrap())
        .collect();
    assert_eq!(got.len(), 2 * messages.len());
    for message in &messages {
        // fetchmail adds a `Received` field of its own, so the text is compared.
        let text = without_cr(message);
        let text = &text[text.windows(2).position(|two| two == b"\n\n").unwrap()..];
        let found = got.iter().filter(|got| got.ends_with(text)).count();
        assert!(found >= 2, "{}", String::from_utf8_lossy(message));
    }
}

#[test]
fn leaves_mail_there_and_marks_it_as_seen() {
    let site = Site::start();
    let mut imap = Imap::sign_in(&site, ANNA);
    for message in made_up(&mut Seeded::new(22), 5) {
        imap.append("INBOX", "", &message);
    }
    let trust = format!(
        "ssl sslcertfile \"{}\" sslcommonname localhost",
        site.certificate().display()
    );
    let finished = fetch(&site, site.imaps, &trust, "keep");
    finished.assert(finished.status.success(), "to fetch");
    let messages = imap.messages("INBOX");
    assert_eq!(messages.len(), 5);
    assert!(
        messages
            .iter()
            .all(|(response, _)| response.contains("\\Seen")),
        "{}",
        finished.output
    );
    let finished = fetch(&site, site.imaps, &trust, "keep");
    finished.assert(
        finished.status.code() == Some(NOTHING_NEW),
        "to find nothing new",
    );
}
