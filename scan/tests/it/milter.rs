//! Milters: the conversation step by step.

use scan::{Action, Error, HeaderChange, Scanner};

use crate::script::{Far, scan};

const MESSAGE: &[u8] = b"Subject: x\r\n\ty\r\nX-Empty:\r\n\r\nbody\r\n";

impl Far {
    /// Reads one packet: its letter and its data.
    async fn packet(&mut self) -> (char, Vec<u8>) {
        let length = u32::from_be_bytes(self.take(4).await.try_into().unwrap());
        let mut packet = self.take(usize::try_from(length).unwrap()).await;
        let letter = packet.remove(0);
        (char::from(letter), packet)
    }

    /// Reads packets until one is no macro.
    async fn command(&mut self) -> (char, String) {
        loop {
            let (letter, data) = self.packet().await;
            if letter != 'D' {
                return (letter, String::from_utf8_lossy(&data).replace('\0', "|"));
            }
        }
    }

    async fn reply(&mut self, packet: &[u8]) {
        let length = u32::try_from(packet.len()).unwrap().to_be_bytes();
        self.say(&length).await;
        self.say(packet).await;
    }

    /// Agrees on options.
    async fn options(&mut self, version: u32, actions: u32, protocol: u32) {
        let (letter, offer) = self.packet().await;
        assert_eq!((letter, offer.len()), ('O', 12));
        let words = [version, actions, protocol].map(u32::to_be_bytes).concat();
        self.reply(&[b"O", words.as_slice()].concat()).await;
    }
}

#[tokio::test]
async fn every_step_is_told_in_order() {
    let verdict = scan(&Scanner::Milter, MESSAGE, async |mut far: Far| {
        far.options(6, 0x11, 0).await;
        for expected in [
            ('C', "[192.0.2.7]|4||192.0.2.7|"),
            ('H', "client.example|"),
            ('M', "<a@example.net>|"),
            ('R', "<b@example.org>|"),
            ('R', "<c@example.org>|"),
            ('T', ""),
            ('L', "Subject|x\n\ty|"),
            ('L', "X-Empty||"),
            ('N', ""),
            ('B', "body\r\n"),
        ] {
            let (letter, data) = far.command().await;
            // The port is two octets of zero.
            assert_eq!((letter, data.replace("4|||", "4||").as_str()), expected);
            far.reply(b"p").await;
            far.reply(b"c").await;
        }
        assert_eq!(far.command().await.0, 'E');
        far.reply(b"p").await;
        far.reply(b"hX-Seen\0yes\0").await;
        far.reply(b"i\0\0\0\0X-First\0a\nb\0").await;
        far.reply(b"m\0\0\0\x02Subject\0\0").await;
        far.reply(b"c").await;
        assert_eq!(far.command().await.0, 'Q');
    })
    .await
    .unwrap();
    assert_eq!(verdict.action, Action::Accept);
    assert_eq!(
        verdict.headers,
        [
            HeaderChange::Add {
                name: "X-Seen".to_owned(),
                value: "yes".to_owned()
            },
            HeaderChange::Insert {
                at: 0,
                name: "X-First".to_owned(),
                value: "a\r\n\tb".to_owned()
            },
            HeaderChange::Change {
                name: "Subject".to_owned(),
                occurrence: 2,
                value: None
            },
        ]
    );
}

#[tokio::test]
async fn what_a_milter_does_not_want_is_not_told() {
    // No connect, HELO, MAIL, RCPT, DATA; no answers to header fields; leading spaces kept.
    let protocol = 0x01 | 0x02 | 0x04 | 0x08 | 0x200 | 0x80 | 0x10_0000;
    let verdict = scan(&Scanner::Milter, MESSAGE, async |mut far: Far| {
        far.options(6, 0, protocol).await;
        assert_eq!(far.command().await, ('L', "Subject| x\n\ty|".to_owned()));
        assert_eq!(far.command().await, ('L', "X-Empty||".to_owned()));
        assert_eq!(far.command().await.0, 'N');
        far.reply(b"c").await;
        assert_eq!(far.command().await.0, 'B');
        far.reply(b"s").await;
        assert_eq!(far.command().await.0, 'E');
        far.reply(b"q\0suspicious\0").await;
        far.reply(b"a").await;
        assert_eq!(far.command().await.0, 'Q');
    })
    .await
    .unwrap();
    assert_eq!(verdict.action, Action::Quarantine);
}

#[tokio::test]
async fn a_final_word_ends_the_conversation() {
    for (reply, action) in [
        (
            &b"r"[..],
            Action::reject(550, "5.7.1", "The message is refused by a filter."),
        ),
        (b"t", Action::defer("Please try again later.")),
        (b"d", Action::Discard),
        (b"a", Action::Accept),
        (
            b"y554 5.6.0 No such thing\0",
            Action::reject(554, "5.6.0", "No such thing"),
        ),
    ] {
        let verdict = scan(&Scanner::Milter, MESSAGE, async |mut far: Far| {
            far.options(6, 0, 0x01).await;
            assert_eq!(far.command().await.0, 'H');
            far.reply(reply).await;
            assert_eq!(far.command().await.0, 'Q');
        })
        .await
        .unwrap();
        assert_eq!(verdict.action, action);
    }
}

#[tokio::test]
async fn only_a_refusal_of_all_recipients_counts() {
    for (second, action) in [
        (&b"c"[..], Action::Accept),
        (b"y550 5.1.1 Nobody\0", Action::reject(550, "5.7.1", "No")),
    ] {
        let verdict = scan(&Scanner::Milter, MESSAGE, async |mut far: Far| {
            // Only the recipients and the end of the body.
            far.options(6, 0, 0x01 | 0x02 | 0x04 | 0x10 | 0x20 | 0x40 | 0x200)
                .await;
            assert_eq!(far.command().await.0, 'R');
            far.reply(b"y550 5.7.1 No\0").await;
            assert_eq!(far.command().await.0, 'R');
            far.reply(second).await;
            if far.command().await.0 == 'E' {
                far.reply(b"c").await;
                assert_eq!(far.command().await.0, 'Q');
            }
        })
        .await
        .unwrap();
        assert_eq!(verdict.action, action);
    }
}

#[tokio::test]
async fn what_was_not_offered_is_no_verdict() {
    let greedy = scan(&Scanner::Milter, MESSAGE, async |mut far: Far| {
        // `SMFIF_ADDRCPT`.
        far.options(6, 0x04, 0).await;
    })
    .await;
    assert!(matches!(greedy, Err(Error::Refused(_))), "{greedy:?}");
    let early = scan(&Scanner::Milter, MESSAGE, async |mut far: Far| {
        far.options(6, 0, 0).await;
        far.command().await;
        far.reply(b"hX-Seen\0yes\0").await;
    })
    .await;
    assert!(matches!(early, Err(Error::Malformed(_))), "{early:?}");
    let large = scan(&Scanner::Milter, MESSAGE, async |mut far: Far| {
        far.packet().await;
        far.say(&[0xff; 4]).await;
    })
    .await;
    assert!(matches!(large, Err(Error::TooLong { .. })), "{large:?}");
    let gone = scan(&Scanner::Milter, MESSAGE, async |mut far: Far| {
        far.options(6, 0, 0).await;
        far.command().await;
    })
    .await;
    assert!(
        matches!(gone, Err(Error::Closed | Error::Broken(_))),
        "{gone:?}"
    );
}

#[tokio::test]
async fn a_header_without_end_is_refused() {
    let message = b"A: b\r\n".repeat(10_001);
    let verdict = scan(&Scanner::Milter, &message, async |mut far: Far| {
        // Header fields alone, without answers.
        far.options(6, 0, 0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x40 | 0x200 | 0x80)
            .await;
        while far.command().await.0 == 'L' {}
    })
    .await
    .unwrap();
    assert!(
        matches!(verdict.action, Action::Reject { code: 554, .. }),
        "{verdict:?}"
    );
}

/// What comes of a milter that saw everything and then says this.
async fn at_the_end(actions: u32, replies: &[&[u8]]) -> Result<scan::Verdict, Error> {
    scan(&Scanner::Milter, MESSAGE, async |mut far: Far| {
        // Nothing but the end of the body is wanted.
        far.options(
            6,
            actions,
            0x01 | 0x02 | 0x04 | 0x08 | 0x10 | 0x20 | 0x40 | 0x200,
        )
        .await;
        assert_eq!(far.command().await.0, 'E');
        for reply in replies {
            far.reply(reply).await;
        }
    })
    .await
}

#[tokio::test]
async fn a_new_body_comes_in_pieces_with_the_line_ends_of_mail() {
    let new = at_the_end(0x02, &[b"bone\ntwo\r", b"p", b"b\nthree\r\n", b"c"]);
    let body = new.await.unwrap().body;
    assert_eq!(body.as_deref(), Some(&b"one\r\ntwo\r\nthree\r\n"[..]));
    let empty = at_the_end(0x02, &[b"b", b"c"]).await.unwrap();
    assert_eq!(empty.body, Some(Vec::new()));
    let none = at_the_end(0x02, &[b"c"]).await.unwrap();
    assert_eq!(none.body, None);
    // What is refused needs no body.
    let refused = at_the_end(0x02, &[b"bx", b"r"]).await.unwrap();
    assert_eq!(refused.body, None);
    let unsaid = at_the_end(0x01, &[b"bx", b"c"]).await;
    assert!(matches!(unsaid, Err(Error::Malformed(_))), "{unsaid:?}");
}

#[tokio::test]
async fn a_new_body_has_a_bound() {
    let piece = [&b"b"[..], &[b'x'; 65_535]].concat();
    let endless: Vec<&[u8]> = (0..17).map(|_| piece.as_slice()).collect();
    let large = at_the_end(0x02, &endless).await;
    assert!(matches!(large, Err(Error::TooLong { .. })), "{large:?}");
}
