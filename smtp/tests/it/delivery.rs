//! Mail from servers and relays: who gets it, byte for byte, and what happens when somebody cannot.

use smtp::session::Service;
use store::Engine as _;

use crate::client::{Client, stuffed};
use crate::house::{House, content};

/// With every octet there is, lines of dots, and a line longer than any buffer that is filled at once.
fn awkward() -> Vec<u8> {
    let mut message = b"Subject: x\r\n\r\n.\r\n..\r\n\r\n.x\r\n".to_vec();
    message.extend((0..=u8::MAX).filter(|octet| !matches!(octet, b'\r' | b'\n')));
    message.extend_from_slice(b"\r\n");
    message.extend(std::iter::repeat_n(b'y', 40_000));
    message.extend_from_slice(b"\r\n");
    message
}

#[tokio::test]
async fn a_message_arrives_as_it_was_sent_below_its_trace() {
    let house = House::new().await;
    let served = house.serve_plain(Service::Mx);
    let mut client = Client::greeted(&served, "EHLO client.example").await;
    let replies = client
        .deliver("x@elsewhere.example", &["b@example.org"], &awkward())
        .await;
    assert_eq!(
        replies,
        [
            "250 2.1.0 Sender accepted.",
            "250 2.1.5 Recipient accepted.",
            "250 2.0.0 Accepted as 0000000000000000-1."
        ]
    );
    let inbox = house.inbox("b@example.org").await;
    let [message] = inbox.as_slice() else {
        panic!("{} messages", inbox.len())
    };
    let trace = "Return-Path: <x@elsewhere.example>\r\n\
         Received: from client.example ([127.0.0.1])\r\n\
         \tby mail.example.org (Wachpost) with ESMTP id 0000000000000000-1\r\n\
         \tfor <b@example.org>;\r\n\
         \tTue, 14 Nov 2023 22:13:20 +0000\r\n";
    assert_eq!(
        String::from_utf8_lossy(&message[..trace.len()]),
        trace,
        "the trace"
    );
    assert!(message[trace.len()..] == awkward(), "the content");
    let counted = served.smtp.counters().read();
    assert_eq!(
        (counted.messages_accepted, counted.recipients_accepted),
        (1, 1)
    );
    assert_eq!(house.budget.free_octets(), house.budget.limit_octets());
    house.engine.check().unwrap();
}

#[tokio::test]
async fn who_asked_to_hear_of_success_hears_of_it() {
    let house = House::new().await;
    let served = house.serve_plain(Service::Mx);
    let mut client = Client::greeted(&served, "EHLO client.example").await;
    for (sender, recipient) in [
        (
            "x@elsewhere.example> ENVID=QQ+2B1",
            "b@example.org> NOTIFY=SUCCESS ORCPT=rfc822;b+2Bx@example.org",
        ),
        ("y@elsewhere.example>", "b@example.org> NOTIFY=FAILURE"),
        ("z@elsewhere.example>", "b@example.org>"),
        (">", "b@example.org> NOTIFY=SUCCESS"),
    ] {
        client.say(&format!("MAIL FROM:<{sender}")).await;
        client.say(&format!("RCPT TO:<{recipient}")).await;
        client.say("DATA").await;
        let reply = client.say("Subject: x\r\n\r\nbody\r\n.").await;
        assert!(reply.starts_with("250 "), "{reply}");
    }
    assert_eq!(house.inbox("b@example.org").await.len(), 4);
    let queue = house.queue();
    let [queued] = queue.as_slice() else {
        panic!("{} notifications", queue.len())
    };
    assert_eq!(queued.item.reverse_path, "");
    assert_eq!(
        queued.item.recipients[0].forward_path,
        "x@elsewhere.example"
    );
    let text = house.engine.blob(queued.item.blob).unwrap();
    let text = String::from_utf8(text).unwrap();
    for line in [
        "Original-Envelope-Id: QQ+1",
        "Original-Recipient: rfc822; b+x@example.org",
        "Action: delivered",
        "Status: 2.1.5",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
    assert!(
        !text.contains("body\r\n\r\n--"),
        "the header alone comes back"
    );
}

#[tokio::test]
async fn chunks_of_binary_arrive_as_they_were_sent() {
    let house = House::new().await;
    let served = house.serve_plain(Service::Lmtp);
    let mut client = Client::greeted(&served, "LHLO relay.example").await;
    client.say("MAIL FROM:<> BODY=BINARYMIME").await;
    client.say("RCPT TO:<b@example.org>").await;
    let message: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
    for (number, chunk) in message.chunks(30_000).enumerate() {
        let last = if number == 3 { " LAST" } else { "" };
        client
            .send(format!("BDAT {}{last}\r\n", chunk.len()).as_bytes())
            .await;
        client.send(chunk).await;
        let reply = client.reply().await;
        assert!(reply.starts_with("250 2.0.0 "), "{reply}");
    }
    let inbox = house.inbox("b@example.org").await;
    assert!(inbox[0].starts_with(b"Return-Path: <>\r\nReceived: from relay.example"));
    assert!(content(&inbox[0]) == message);
}

#[tokio::test]
async fn whoever_is_reached_in_two_ways_gets_one_copy() {
    let house = House::new().await;
    let served = house.serve_plain(Service::Mx);
    let mut client = Client::greeted(&served, "EHLO client.example").await;
    let recipients = [
        "team@example.org",
        "b@example.org",
        "B+tag@Example.ORG",
        "b@example.org",
        "c@example.org",
    ];
    let replies = client.deliver("", &recipients, b"x\r\n").await;
    assert!(replies.iter().all(|reply| reply.starts_with("250")));
    for address in ["user@example.org", "b@example.org", "c@example.org"] {
        assert_eq!(house.inbox(address).await.len(), 1, "{address}");
    }
    // RFC 5321 7.6: nobody learns of the other recipients.
    let inbox = house.inbox("c@example.org").await;
    assert!(!String::from_utf8_lossy(&inbox[0]).contains("\tfor "));
    assert_eq!(house.engine.blob_count(), 1);
}

#[tokio::test]
async fn over_smtp_nobody_gets_what_one_has_no_room_for() {
    let house = House::new().await;
    // The account has its quota from its first use on.
    house.inbox("full@example.org").await;
    let served = house.serve_plain(Service::Mx);
    let mut client = Client::greeted(&served, "EHLO client.example").await;
    let replies = client
        .deliver("x@y", &["b@example.org", "full@example.org"], b"x\r\n")
        .await;
    assert_eq!(replies[3], "452 4.2.2 Mailbox full.");
    assert!(house.inbox("b@example.org").await.is_empty());
    // RFC 1870: with the size known before, only the one is put off.
    client.say("MAIL FROM:<x@y> SIZE=3").await;
    let full = client.say("RCPT TO:<full@example.org>").await;
    assert_eq!(full, "452 4.2.2 Mailbox full.");
    client.say("RCPT TO:<b@example.org>").await;
    client.say("DATA").await;
    let reply = client.say("x\r\n.").await;
    assert!(reply.starts_with("250"), "{reply}");
    assert_eq!(house.inbox("b@example.org").await.len(), 1);
    let counted = served.smtp.counters().read();
    assert_eq!(
        (counted.messages_put_off, counted.recipients_put_off),
        (1, 1)
    );
}

#[tokio::test]
async fn over_lmtp_the_others_get_it() {
    let house = House::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lmtp");
    let _served = house.serve_unix(&path);
    let mut client = Client::unix(&path).await;
    client.lines(1).await;
    client.say("LHLO relay.example").await;
    let recipients = ["full@example.org", "b@example.org", "full@example.org"];
    let replies = client.deliver("x@y", &recipients, b"x\r\n").await;
    assert_eq!(replies[4], "452 4.2.2 Mailbox full.");
    let second = client.reply().await;
    assert!(second.starts_with("250 2.0.0 Accepted as"), "{second}");
    assert_eq!(client.reply().await, "452 4.2.2 Mailbox full.");
    let inbox = house.inbox("b@example.org").await;
    assert!(inbox[0].starts_with(
        b"Return-Path: <x@y>\r\nReceived: from relay.example\r\n\tby mail.example.org (Wachpost) with LMTP id"
    ));
    assert!(house.inbox("full@example.org").await.is_empty());
}

#[tokio::test]
async fn a_connection_that_breaks_within_a_message_delivers_nothing() {
    let house = House::new().await;
    let served = house.serve_plain(Service::Mx);
    for (command, part) in [
        ("DATA", &b"Subject: x\r\n\r\nx\r\n.\r"[..]),
        ("DATA", b"x\r\n"),
        ("BDAT 4 LAST", b"x\r\n"),
        ("BDAT 3", b"x\r\n"),
    ] {
        let mut client = Client::greeted(&served, "EHLO client.example").await;
        client.say("MAIL FROM:<x@y>").await;
        client.say("RCPT TO:<b@example.org>").await;
        client.send(format!("{command}\r\n").as_bytes()).await;
        if command == "DATA" {
            client.reply().await;
        }
        client.send(part).await;
        let said = client.end().await;
        assert!(!String::from_utf8_lossy(&said).contains("2.0.0 Accepted"));
    }
    assert!(house.contents().await.is_empty());
    assert_eq!(house.budget.free_octets(), house.budget.limit_octets());
}

#[tokio::test]
async fn messages_in_one_packet_are_answered_in_order() {
    let house = House::new().await;
    let served = house.serve_plain(Service::Mx);
    let mut client = Client::greeted(&served, "EHLO client.example").await;
    let one = "MAIL FROM:<x@y>\r\nRCPT TO:<b@example.org>\r\nRCPT TO:<unknown@example.org>\r\nBDAT 3 LAST\r\nx\r\n";
    client
        .send(format!("{}QUIT\r\n", one.repeat(3)).as_bytes())
        .await;
    let said = String::from_utf8(client.rest().await).unwrap();
    let codes: Vec<&str> = said.lines().map(|line| &line[..3]).collect();
    let mut expected = ["250", "250", "550", "250"].repeat(3);
    expected.push("221");
    assert_eq!(codes, expected);
    assert_eq!(house.inbox("b@example.org").await.len(), 3);
}

#[tokio::test]
async fn a_store_that_takes_nothing_is_a_reason_to_come_again() {
    let house = House::new().await;
    let served = house.serve_plain(Service::Mx);
    let mut client = Client::greeted(&served, "EHLO client.example").await;
    client.say("MAIL FROM:<x@y>").await;
    client.say("RCPT TO:<b@example.org>").await;
    client.say("DATA").await;
    house.engine.stop();
    client.send(&stuffed(b"x\r\n")).await;
    let reply = client.reply().await;
    assert_eq!(reply, "451 4.3.0 Local error, please try again later.");
    client.say("MAIL FROM:<x@y>").await;
    let reply = client.say("RCPT TO:<never-asked-for@example.org>").await;
    assert!(reply.starts_with("451"), "{reply}");
}

#[tokio::test]
async fn a_message_that_goes_in_a_circle_is_refused() {
    let house = House::new().await;
    let served = house.serve_plain(Service::Mx);
    let mut client = Client::greeted(&served, "EHLO client.example").await;
    for (hops, code) in [(99, "250 2.0.0"), (100, "554 5.4.6")] {
        let message = "Received: from a by b\r\n".repeat(hops) + "\r\nx\r\n";
        let replies = client
            .deliver("x@y", &["b@example.org"], message.as_bytes())
            .await;
        assert!(replies[2].starts_with(code), "{hops}: {}", replies[2]);
    }
}
