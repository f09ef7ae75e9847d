//! clamd: streams in chunks, and what comes back.

use scan::{Action, Error, Scanner};

use crate::script::{Far, scan};

/// Plays clamd for one message, which it puts together again.
async fn answer(mut far: Far, expected: &[u8], reply: &[u8]) {
    assert_eq!(far.until(b"\0").await, b"zINSTREAM\0");
    let mut message = Vec::new();
    loop {
        let length = far.take(4).await.try_into().unwrap();
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap();
        if length == 0 {
            break;
        }
        message.extend(far.take(length).await);
    }
    assert!(message == expected, "the message came another way");
    far.say(reply).await;
}

#[tokio::test]
async fn malware_is_named() {
    let message = vec![b'x'; 200_000];
    for (reply, virus) in [
        (&b"stream: OK\0"[..], None),
        (
            b"stream: Eicar-Test-Signature FOUND\0",
            Some("Eicar-Test-Signature"),
        ),
    ] {
        let play = |far| answer(far, &message, reply);
        let verdict = scan(&Scanner::Clamd, &message, play).await.unwrap();
        assert_eq!(verdict.virus.as_deref(), virus);
        match (virus, &verdict.action) {
            (None, Action::Accept) => {}
            (
                Some(_),
                Action::Reject {
                    code,
                    enhanced,
                    text,
                },
            ) => {
                assert_eq!((*code, enhanced.as_str()), (550, "5.7.1"));
                assert_eq!(text, "The message contains malware: Eicar-Test-Signature.");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_answer_in_the_midst_of_the_message_counts() {
    let message = vec![b'x'; 200_000];
    let play = async |mut far: Far| {
        far.take(100).await;
        far.say(b"INSTREAM size limit exceeded. ERROR\0").await;
    };
    let verdict = scan(&Scanner::Clamd, &message, play).await.unwrap();
    assert!(verdict.action == Action::TooLarge && verdict.is_failed());
}

#[tokio::test]
async fn a_scanner_that_goes_or_raves_gives_no_verdict() {
    let silent = scan(&Scanner::Clamd, b"x", async |far: Far| drop(far)).await;
    assert!(
        matches!(silent, Err(Error::Closed | Error::Broken(_))),
        "{silent:?}"
    );
    let endless = scan(&Scanner::Clamd, b"x", async |mut far: Far| {
        use tokio::io::AsyncWriteExt as _;
        while far.0.write_all(&[b'x'; 64]).await.is_ok() {}
    })
    .await;
    assert!(matches!(endless, Err(Error::TooLong { .. })), "{endless:?}");
}

#[tokio::test]
async fn a_ping_is_answered() {
    let (near, far) = tokio::io::duplex(64);
    let mut far = Far(far);
    let (pinged, ()) = tokio::join!(Scanner::Clamd.ping(near), async {
        assert_eq!(far.until(b"\0").await, b"zPING\0");
        far.say(b"PONG\0").await;
    });
    pinged.unwrap();
}
