//! Start, stop and restart, as every other test relies on them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::server::{Options, TestServer};

fn connect(port: u16) -> BufReader<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(30)))
        .unwrap();
    BufReader::new(stream)
}

fn line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    line
}

#[test]
fn every_service_greets() {
    let server = TestServer::start(Options::default());
    for port in [
        server.smtp_port(),
        server.submission_port(),
        server.lmtp_port(),
    ] {
        assert!(line(&mut connect(port)).starts_with("220 mail.example.org"));
    }
    assert!(line(&mut connect(server.imap_port())).starts_with("* OK"));
    let socket = UnixStream::connect(server.lmtp_socket()).unwrap();
    assert!(line(&mut BufReader::new(socket)).starts_with("220 "));
    for port in [server.imaps_port(), server.submissions_port()] {
        drop(connect(port));
    }
    let metrics = http_get(server.monitoring_port(), "/metrics");
    assert!(
        metrics.contains("wachpost_connections_accepted_total{service=\"imap\"} 1\n"),
        "{metrics}"
    );
    assert!(http_get(server.monitoring_port(), "/healthz").ends_with("ok\n"));
    assert!(http_get(server.monitoring_port(), "/other").starts_with("HTTP/1.1 404"));
}

fn http_get(port: u16, path: &str) -> String {
    let mut reader = connect(port);
    write!(
        reader.get_mut(),
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    reader.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn stops_in_good_order_and_starts_on_the_same_ports() {
    let mut server = TestServer::start(Options::default());
    let port = server.imap_port();
    let mut idle = connect(port);
    line(&mut idle);
    assert!(server.stop().success(), "{}", server.log());
    assert!(line(&mut idle).starts_with("* BYE"));
    server.restart();
    assert_eq!(server.imap_port(), port);
    assert!(line(&mut connect(port)).starts_with("* OK"));
}

#[test]
fn certificates_are_read_again_on_sighup() {
    let server = TestServer::start(Options::default());
    std::fs::write(server.certificate(), "no certificate").unwrap();
    server.signal("HUP");
    let began = std::time::Instant::now();
    while !server.log().contains("the certificates stay as they are") {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "{}",
            server.log()
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(line(&mut connect(server.imap_port())).starts_with("* OK"));
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let server = TestServer::start(Options::default());
    let output = server.command(&["serve"]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert!(errors.contains("is in use by another Wachpost"), "{errors}");
}
