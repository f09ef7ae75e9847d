//! Bounds: memory that is not there, clients that are silent, a server that stops.

use std::time::Duration;

use listen::Connection;
use smtp::session::{Service, Settings};
use tokio::net::UnixStream;

use crate::client::{Client, stuffed};
use crate::house::{BUDGET_OCTETS, House};

const NO_MEMORY: &str = "452 4.3.1 Too much is being received now, please try again later.";

#[tokio::test]
async fn without_memory_a_message_is_put_off_and_the_dialogue_goes_on() {
    let house = House::new().await;
    let served = house.serve_plain(Service::Lmtp);
    let mut client = Client::greeted(&served, "LHLO relay.example").await;
    let all = house.budget.try_reserve(BUDGET_OCTETS - 100).unwrap();
    assert_eq!(client.say("MAIL FROM:<x@y> SIZE=1000").await, NO_MEMORY);
    client.say("MAIL FROM:<x@y>").await;
    client.say("RCPT TO:<b@example.org>").await;
    client.say("RCPT TO:<c@example.org>").await;
    // RFC 2033 4.2: one reply, since there was no 354.
    assert_eq!(client.say("DATA").await, NO_MEMORY);
    assert_eq!(client.say("BDAT 3\r\nx").await, NO_MEMORY);
    assert!(client.say("BDAT 2\r\n").await.starts_with("503"));
    assert_eq!(client.say("RSET").await, "250 2.0.0 Done.");
    client.say("MAIL FROM:<x@y>").await;
    client.say("RCPT TO:<b@example.org>").await;
    drop(all);
    client.say("DATA").await;
    assert!(client.say("x\r\n.").await.starts_with("250"));
}

#[tokio::test]
async fn memory_that_ends_within_a_message_puts_it_off() {
    let house = House::new().await;
    let served = house.serve_plain(Service::Mx);
    let mut client = Client::greeted(&served, "EHLO client.example").await;
    let held = house.budget.try_reserve(BUDGET_OCTETS - 200_000).unwrap();
    let message = "x\r\n".repeat(100_000).into_bytes();
    client.say("MAIL FROM:<x@y>").await;
    client.say("RCPT TO:<b@example.org>").await;
    client.say("DATA").await;
    client.send(&stuffed(&message)).await;
    assert_eq!(client.reply().await, NO_MEMORY);
    client.say("MAIL FROM:<x@y>").await;
    client.say("RCPT TO:<b@example.org>").await;
    client
        .send(format!("BDAT {} LAST\r\n", message.len()).as_bytes())
        .await;
    client.send(&message).await;
    assert_eq!(client.reply().await, NO_MEMORY);
    assert_eq!(house.budget.free_octets(), 200_000, "given back at once");
    drop(held);
    let replies = client.deliver("x@y", &["b@example.org"], &message).await;
    assert!(replies[2].starts_with("250"), "{replies:?}");
    assert!(house.contents().await == [message]);
}

#[tokio::test]
async fn no_more_is_offered_than_the_budget_can_take() {
    let house = House::new().await;
    let served = house.serve_plain(Service::Mx);
    let mut client = Client::greeted(&served, "EHLO client.example").await;
    let offered = BUDGET_OCTETS - 4_096;
    let reply = client
        .say(&format!("MAIL FROM:<x@y> SIZE={}", offered + 1))
        .await;
    assert_eq!(reply, "552 5.3.4 Message too big.");
    let reply = client.say(&format!("MAIL FROM:<x@y> SIZE={offered}")).await;
    assert!(reply.starts_with("250"), "{reply}");
}

#[tokio::test]
async fn a_server_that_stops_says_so_and_finishes_what_it_reads() {
    let house = House::new().await;
    let served = house.serve_plain(Service::Mx);
    let mut idle = Client::greeted(&served, "EHLO client.example").await;
    let mut busy = Client::greeted(&served, "EHLO client.example").await;
    busy.say("MAIL FROM:<x@y>").await;
    busy.say("RCPT TO:<b@example.org>").await;
    busy.say("DATA").await;
    served.stopping.cancel();
    let stopping = "421 4.3.2 Service is stopping, please try again.";
    assert_eq!(idle.reply().await, stopping);
    assert!(idle.rest().await.is_empty());
    busy.send(&stuffed(b"x\r\n")).await;
    assert!(busy.reply().await.starts_with("250"));
    assert_eq!(busy.reply().await, stopping);
    assert_eq!(house.inbox("b@example.org").await.len(), 1);
}

/// RFC 5321 4.5.3.2: the clock of the runtime is turned, nobody waits.
#[tokio::test(start_paused = true)]
async fn who_is_silent_is_told_and_left() {
    let house = House::new().await;
    for (service, seconds) in [(Service::Mx, 300), (Service::Submission, 60)] {
        let face = house.face(&Settings::new(service, "mail.example.org"));
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut client = Client::over(theirs);
        let began = tokio::time::Instant::now();
        let serving = face.serve(Connection::detached(ours));
        let dialogue = async move {
            client.lines(1).await;
            client.silent_reply().await
        };
        let (said, ()) = tokio::join!(dialogue, serving);
        assert_eq!(said, "421 4.4.2 Idle for too long.");
        let waited = began.elapsed();
        let expected = Duration::from_secs(seconds)..Duration::from_secs(seconds + 5);
        assert!(expected.contains(&waited), "{waited:?}");
    }
}
