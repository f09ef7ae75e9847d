//! rspamd: requests and responses of its HTTP protocol.

use scan::{Action, Error, Lesson, Points, Scanner};

use crate::script::{Far, scan};

fn rspamd() -> Scanner {
    let password = Some("word".to_owned());
    Scanner::Rspamd { password }
}

fn response(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}

#[tokio::test]
async fn a_message_and_its_envelope_get_a_verdict() {
    let message = vec![b'x'; 100_000];
    let verdict = scan(&rspamd(), &message, async |mut far: Far| {
        let head = String::from_utf8(far.until(b"\r\n\r\n").await).unwrap();
        assert_eq!(
            head,
            "POST /checkv2 HTTP/1.0\r\nContent-Length: 100000\r\nPassword: word\r\nIP: 192.0.2.7\r\nHelo: client.example\r\n\
             From: <a@example.net>\r\nRcpt: <b@example.org>\r\nRcpt: <c@example.org>\r\nQueue-Id: 17-1\r\nMTA-Name: mail.example.org\r\n\r\n"
        );
        assert!(far.take(100_000).await == message);
        far.say(&response(r#"{"score":7.5,"action":"add header"}"#)).await;
    })
    .await
    .unwrap();
    assert_eq!(verdict.action, Action::Junk);
    assert_eq!(verdict.score, Some(Points(7_500)));
}

#[tokio::test]
async fn a_body_may_end_with_the_connection() {
    let verdict = scan(&rspamd(), b"x", async |mut far: Far| {
        far.until(b"\r\n\r\nx").await;
        far.say(b"HTTP/1.0 200 OK\r\n\r\n{\"action\":\"no action\"}")
            .await;
    })
    .await
    .unwrap();
    assert_eq!(verdict.action, Action::Accept);
}

#[tokio::test]
async fn what_is_cut_short_or_endless_is_no_verdict() {
    let short = scan(&rspamd(), b"x", async |mut far: Far| {
        far.until(b"\r\n\r\nx").await;
        far.say(b"HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\n{\"action\":\"no action\"}")
            .await;
    })
    .await;
    assert!(matches!(short, Err(Error::Closed)), "{short:?}");
    for start in ["HTTP/1.0 200 OK\r\nA: ", "HTTP/1.0 200 OK\r\n\r\n"] {
        let endless = scan(&rspamd(), b"x", async |mut far: Far| {
            use tokio::io::AsyncWriteExt as _;
            far.until(b"\r\n\r\nx").await;
            far.say(start.as_bytes()).await;
            while far.0.write_all(&[b' '; 64]).await.is_ok() {}
        })
        .await;
        assert!(matches!(endless, Err(Error::TooLong { .. })), "{endless:?}");
    }
    let huge = scan(&rspamd(), b"x", async |mut far: Far| {
        far.until(b"\r\n\r\nx").await;
        far.say(b"HTTP/1.0 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
            .await;
    })
    .await;
    assert!(matches!(huge, Err(Error::TooLong { .. })), "{huge:?}");
}

#[tokio::test]
async fn it_learns_from_both_kinds() {
    for (lesson, path, said, learnt) in [
        (Lesson::Spam, "/learnspam", "200 OK", true),
        (Lesson::Ham, "/learnham", "208 Already learned", true),
        (Lesson::Ham, "/learnham", "403 Forbidden", false),
    ] {
        let (near, far) = tokio::io::duplex(64);
        let mut far = Far(far);
        let scanner = rspamd();
        let (answer, ()) = tokio::join!(scanner.learn(near, lesson, b"content"), async {
            let head = String::from_utf8(far.until(b"\r\n\r\n").await).unwrap();
            let expected =
                format!("POST {path} HTTP/1.0\r\nContent-Length: 7\r\nPassword: word\r\n\r\n");
            assert_eq!(head, expected);
            far.take(7).await;
            far.say(format!("HTTP/1.1 {said}\r\nContent-Length: 2\r\n\r\n{{}}").as_bytes())
                .await;
        });
        assert_eq!(answer.is_ok(), learnt, "{answer:?}");
    }
    let (near, _far) = tokio::io::duplex(64);
    let clamd = Scanner::Clamd.learn(near, Lesson::Ham, b"x").await;
    assert!(matches!(clamd, Err(Error::Unsupported)));
}

#[test]
fn a_password_is_not_shown() {
    assert_eq!(format!("{:?}", rspamd()), "rspamd");
}
