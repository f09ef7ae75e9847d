use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::*;

/// A server that echoes `come` lines after their first word, and closes at `bye`.
fn serve(mut stream: UnixStream) {
    let mut come = Vec::new();
    let mut buffer = [0; 64];
    while let Ok(count @ 1..) = stream.read(&mut buffer) {
        come.extend_from_slice(&buffer[..count]);
        while let Some(end) = come.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = come.drain(..=end).collect();
            if line == b"bye\r\n" {
                return;
            }
            let answer = [b"* echo ", &line[..]].concat();
            if stream.write_all(&answer).is_err() {
                return;
            }
        }
    }
}

fn play(script: &str) -> Result<(), String> {
    let transcript = Transcript::parse("test", &format!("# a rule\n{script}"))?;
    transcript.play(&[("user", "anna")], |_| {
        let (near, far) = UnixStream::pair().unwrap();
        std::thread::spawn(move || serve(far));
        near.set_read_timeout(Some(Duration::from_millis(500)))
            .unwrap();
        Box::new(near)
    })
}

#[test]
fn plays_dialogues_on_two_connections_with_names_and_blocks() {
    let script = "\
C: a LOGIN ${user} {#+}
C| two
C|
C: end
S: * echo a LOGIN anna {7+}
S: * echo two
S: * echo
S: * echo end
C2: x 42 y
S2: * echo x {n} y
C: again ${n}
C! raw\\r\\nmore\\r\\n
S~ * echo more
C: bye
S!
";
    let answer = play(script);
    // The echo of an empty line ends in a space.
    let wanted = script.replace("S: * echo\n", "S: * echo \n");
    assert!(answer.is_err());
    assert_eq!(play(&wanted), Ok(()));
}

#[test]
fn says_where_it_failed() {
    let why = play("C: a\nS: * echo b\n").unwrap_err();
    assert!(
        why.starts_with("test:3: expected `* echo b`, the server says `* echo a`"),
        "{why}"
    );
    let why = play("C: bye\nS: x\n").unwrap_err();
    assert!(why.contains("the connection is closed"), "{why}");
    let why = play("S: x\n").unwrap_err();
    assert!(why.contains("nothing comes"), "{why}");
    let why = play("C: a\nS!\n").unwrap_err();
    assert!(why.contains("expected the end"), "{why}");
}
