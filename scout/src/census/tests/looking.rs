use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, TcpListener};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use evidence::Moment;
use seal::{Note, SigningKey, VerifierKey};

use super::super::look::{Looked, Target, look};
use super::super::mandate::{Mandate, MandateError};
use super::super::*;

const TEXT: &str = "scout mandate 1\nby: A town\nfor: A team\nrange: 127.0.0.0/8\nrange: ::1\nuntil: 2026-12-31\nrate: 4\n";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed("town.example/mandate".parse().unwrap(), &[seed; 32])
}

fn now() -> Moment {
    Moment::parse("2026-11-22T12:00:00Z").unwrap()
}

fn signed(text: &str, by: &SigningKey) -> String {
    let mut note = Note::new(text).unwrap();
    note.sign(by).unwrap();
    note.to_string()
}

fn open(note: &str, trusted: &[VerifierKey]) -> Result<Mandate, MandateError> {
    Mandate::open(note.as_bytes(), trusted, now())
}

fn trusted() -> Vec<VerifierKey> {
    vec![key(1).verifier().clone()]
}

fn mandate() -> Mandate {
    open(&signed(TEXT, &key(1)), &trusted()).unwrap()
}

#[test]
fn a_mandate_holds_only_as_it_was_signed_by_whom_one_trusts_and_until_its_end() {
    let note = signed(TEXT, &key(1));
    assert_eq!(open(&note, &trusted()).unwrap().rate, 4);
    assert!(matches!(open(&note, &[]), Err(MandateError::Unsigned(_))));
    assert!(matches!(
        open(&signed(TEXT, &key(2)), &trusted()),
        Err(MandateError::Unsigned(_))
    ));
    let widened = note.replace("127.0.0.0/8", "0.0.0.0/8");
    assert!(matches!(
        open(&widened, &trusted()),
        Err(MandateError::Unsigned(_))
    ));
    assert!(matches!(
        open(TEXT, &trusted()),
        Err(MandateError::Malformed(_))
    ));
    let last_day = signed(&TEXT.replace("2026-12-31", "2026-11-22"), &key(1));
    assert!(open(&last_day, &trusted()).is_ok());
    let ended = signed(&TEXT.replace("2026-12-31", "2026-11-21"), &key(1));
    assert!(matches!(
        open(&ended, &trusted()),
        Err(MandateError::Ended(_))
    ));
}

#[test]
fn what_a_mandate_does_not_say_plainly_is_refused() {
    for (from, to) in [
        ("scout mandate 1", "scout mandate 2"),
        ("by: A town\n", ""),
        ("for: A team\n", ""),
        ("until: 2026-12-31\n", ""),
        ("range: 127.0.0.0/8\nrange: ::1\n", ""),
        ("rate: 4", "rate: 11"),
        ("rate: 4", "rate: 0"),
        ("rate: 4", "rate: 4\nrate: 5"),
        ("127.0.0.0/8", "127.0.0.0/7"),
        ("127.0.0.0/8", "0.0.0.0/0"),
        ("127.0.0.0/8", "127.0.0.0/33"),
        ("::1", "::/0"),
        ("::1", "::ffff:127.0.0.0/104"),
        ("by: A town", "by: A town\nports: 1-65535"),
        ("2026-12-31", "2026-13-31"),
        ("2026-12-31", "soon"),
    ] {
        assert!(
            Mandate::read(&TEXT.replace(from, to)).is_err(),
            "{from} -> {to}"
        );
    }
}

#[test]
fn ranges_have_what_is_in_them_and_nothing_else() {
    let text = TEXT
        .replace("127.0.0.0/8", "192.0.2.128/25")
        .replace("::1", "2001:db8:7::/48");
    let mandate = Mandate::read(&text).unwrap();
    let covers = |address: &str| mandate.covers(address.parse::<IpAddr>().unwrap()).is_ok();
    for inside in [
        "192.0.2.128",
        "192.0.2.255",
        "::ffff:192.0.2.200",
        "2001:db8:7::",
        "2001:db8:7:ffff::1",
    ] {
        assert!(covers(inside), "{inside}");
    }
    for outside in [
        "192.0.2.127",
        "192.0.3.128",
        "2001:db8:8::",
        "::1",
        "127.0.0.1",
    ] {
        assert!(!covers(outside), "{outside}");
    }
}

#[test]
fn targets_are_addresses_and_never_names() {
    let target = |text: &str| text.parse::<Target>();
    assert_eq!(
        target("192.0.2.7").unwrap().place.to_string(),
        "192.0.2.7:443"
    );
    assert_eq!(target("smtp://192.0.2.7").unwrap().place.port(), 25);
    assert_eq!(
        target("[2001:db8::1]:444 mail.example.org")
            .unwrap()
            .name
            .unwrap(),
        "mail.example.org"
    );
    assert_eq!(
        target("::ffff:192.0.2.7").unwrap().place.to_string(),
        "192.0.2.7:443"
    );
    for wrong in [
        "mail.example.org",
        "ftp://192.0.2.7",
        "192.0.2.7 a\r\nb",
        "192.0.2.7 a b",
        "",
        "https://",
    ] {
        assert!(target(wrong).is_err(), "{wrong:?}");
    }
}

/// A server on this machine that gives one answer to each call, and tells what it was asked.
fn server(answers: Vec<Vec<u8>>, greets: bool) -> (u16, mpsc::Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (told, asked) = mpsc::channel();
    thread::spawn(move || {
        for answer in answers {
            let Ok((stream, _)) = listener.accept() else {
                return;
            };
            let mut stream = BufReader::new(stream);
            let mut request = String::new();
            if greets {
                let _ = stream.get_mut().write_all(&answer);
                let _ = stream.read_line(&mut request);
            } else {
                while stream.read_line(&mut request).is_ok_and(|read| read > 2) {}
                let _ = stream.get_mut().write_all(&answer);
            }
            let _ = told.send(request);
        }
    });
    (port, asked)
}

fn looked(targets: &[Target]) -> (Vec<Looked>, Vec<Duration>) {
    let (all, waits) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    look(
        targets,
        &mandate(),
        &mut |time| waits.borrow_mut().push(time),
        &mut |looked| all.borrow_mut().push(looked),
    )
    .unwrap();
    (all.into_inner(), waits.into_inner())
}

fn page(body: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nServer: Microsoft-IIS/10.0\r\nConnection: close\r\n\r\n{body}")
        .into_bytes()
}

#[test]
fn a_server_is_asked_what_a_browser_would_ask() {
    let manifest = "<asmv1:assemblyIdentity name=\"x\"/><assemblyIdentity name=\"microsoft.exchange.ediscovery.exporttool.application\" version=\"15.1.2176.9\" />";
    let (port, asked) = server(
        vec![
            page("<link href=\"/owa/auth/15.1.2176/themes/a.css\">"),
            page(manifest),
        ],
        false,
    );
    let target: Target = format!("http://127.0.0.1:{port} mail.example.org")
        .parse()
        .unwrap();
    let (all, waits) = looked(std::slice::from_ref(&target));
    assert_eq!(
        (&all[0].product[..], &all[0].version[..], all[0].requests),
        (EXCHANGE, "15.1.2176.9", 2)
    );
    // Four in a second: a quarter between two requests, also to the same server.
    assert_eq!(waits, [Duration::from_millis(250)]);
    let requests: Vec<String> = asked.iter().collect();
    assert!(
        requests[0].starts_with("GET /owa/auth/logon.aspx HTTP/1.1\r\nHost: mail.example.org\r\n")
    );
    assert!(requests[1].starts_with(
        "GET /ecp/Current/exporttool/microsoft.exchange.ediscovery.exporttool.application HTTP/1.1"
    ));
    for request in &requests {
        let sent = request.to_ascii_lowercase();
        for never in [
            "cookie",
            "x-beresource",
            "autodiscover",
            "powershell",
            "post /",
            "authorization",
            "@",
        ] {
            assert!(!sent.contains(never), "{request}");
        }
    }
    let sighting = all[0].sighting(now()).unwrap();
    assert_eq!(
        (sighting.product, sighting.version),
        (EXCHANGE, "15.1.2176.9")
    );
}

#[test]
fn a_mail_server_is_greeted_and_left() {
    let (smtp, said) = server(
        vec![b"220 mx.example.org ESMTP Exim 4.94.2 Sun\r\n".to_vec()],
        true,
    );
    let (imap, bye) = server(
        vec![b"* OK The Microsoft Exchange IMAP4 service is ready.\r\n".to_vec()],
        true,
    );
    let targets = [
        format!("smtp://127.0.0.1:{smtp}"),
        format!("imap://127.0.0.1:{imap}"),
    ]
    .map(|target| target.parse().unwrap());
    let (all, _) = looked(&targets);
    assert_eq!(
        (&all[0].product[..], &all[0].version[..]),
        ("Exim", "4.94.2")
    );
    assert_eq!(&all[1].product, EXCHANGE);
    assert_eq!(said.recv().unwrap(), "QUIT\r\n");
    assert_eq!(bye.recv().unwrap(), "1 LOGOUT\r\n");
}

#[test]
fn whoever_is_no_mail_server_is_told_as_such_and_redirects_are_not_followed() {
    let redirect =
        b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/owa/auth/15.1.2176/\r\n\r\n".to_vec();
    let answers = [
        page("<h1>nginx</h1>"),
        b"SSH-2.0-OpenSSH_8.4\r\n".to_vec(),
        redirect,
    ];
    for (answer, product) in answers.into_iter().zip(["", "", EXCHANGE]) {
        let (port, _asked) = server(vec![answer, page("")], false);
        let (all, _) = looked(&[format!("http://127.0.0.1:{port}").parse().unwrap()]);
        assert_eq!(all[0].product, product);
    }
}

#[test]
fn endless_answers_are_cut() {
    let (port, _asked) = server(vec![page(&"/owa/auth ".repeat(1 << 20)), page("")], false);
    let (all, _) = looked(&[format!("http://127.0.0.1:{port}").parse().unwrap()]);
    assert_eq!(all[0].product, EXCHANGE);
}

#[test]
fn one_address_outside_and_nobody_is_called() {
    let (port, asked) = server(vec![page("")], false);
    let targets: [Target; 2] = [format!("http://127.0.0.1:{port}"), "192.0.2.7".to_owned()]
        .map(|target| target.parse().unwrap());
    let refused = look(&targets, &mandate(), &mut |_| {}, &mut |_| {
        panic!("nobody may be called")
    });
    assert_eq!(
        refused,
        Err(MandateError::Outside("192.0.2.7".parse().unwrap()))
    );
    assert!(asked.try_recv().is_err());
}

#[test]
fn a_server_that_is_not_there_is_a_problem_of_its_own() {
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let (all, _) = looked(&[format!("http://127.0.0.1:{port}").parse().unwrap()]);
    assert!(all[0].failed.is_some() && all[0].product.is_empty());
}
