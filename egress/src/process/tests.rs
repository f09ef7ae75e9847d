//! Tests of the process over a pair of sockets, and what the tests of its rooms share.

pub(crate) mod name_server;

use std::time::Duration;

use model::{ManualClock, Timestamp};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinSet;

use super::*;
use crate::wire::{
    Delivery, Kind, MessageTls, Question, Recipient, RecipientResult, Record, Request, Route,
    Secure,
};
use crate::{Egress, Error};
use name_server::{NameServer, Zone};

/// A clock that stands still.
pub(crate) fn clock() -> Clock {
    ManualClock::new(Timestamp::from_seconds(1_700_000_000)).clock()
}

/// The three zones that every test of the DNS needs: a signed root, a signed zone and one without signatures.
pub(crate) fn zones(secure: Zone, plain: Zone) -> (Vec<Zone>, String) {
    let root = Zone::new(".").signed();
    let root = root.delegating(&secure).delegating(&plain);
    let anchor = root.anchor();
    (vec![root, secure, plain], anchor)
}

/// A setup that asks this name server.
pub(crate) fn setup(server: &NameServer, anchor: String) -> Setup {
    Setup {
        resolvers: vec![server.address],
        trust_anchors: anchor,
        allowed: vec!["127.0.0.0/8".parse().unwrap()],
        ..Setup::default()
    }
}

/// A process with its handle.
struct House {
    egress: Egress,
    _server: NameServer,
    tasks: JoinSet<()>,
}

impl House {
    async fn new() -> Self {
        let plain = Zone::new("plain.").txt("text.plain.", "hello");
        let (zones, anchor) = zones(Zone::new("secure.").signed(), plain);
        let server = NameServer::start(zones).await;
        let egress = Egress::new();
        let mut house = Self {
            tasks: JoinSet::new(),
            egress,
            _server: server,
        };
        house.attach(setup(&house._server, anchor)).await;
        house
    }

    async fn attach(&mut self, setup: Setup) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let egress = self.egress.clone();
        self.tasks
            .spawn(async move { egress.attach(ours, &setup, Bytes::new()).await.unwrap() });
        self.tasks
            .spawn(async move { run(theirs, clock()).await.unwrap() });
        self.up(true).await;
    }

    /// Waits until the link is there, or gone.
    async fn up(&self, is_up: bool) {
        while self.egress.is_up() != is_up {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until so many requests are under way in the process, the one that asks included.
    async fn busy(&self, requests: u32) {
        while self.egress.status().await.unwrap().requests != requests {
            tokio::task::yield_now().await;
        }
    }
}

fn text(name: &str) -> Question {
    Question::new(Kind::Txt, name)
}

proptest::proptest! {
    #[test]
    fn anything_can_be_read(input in proptest::collection::vec(0_u8.., 0..200)) {
        fuzz(&input);
    }

    #[test]
    fn anything_like_a_place_can_be_read(input in r"[a-zA-Z0-9:/?#@.\[\]%_-]{0,60}") {
        fuzz(input.as_bytes());
    }
}

#[tokio::test]
async fn a_question_is_answered() {
    let house = House::new().await;
    let answer = house.egress.lookup(text("text.plain")).await.unwrap();
    assert_eq!(answer.records, [Record::Txt(b"hello".to_vec())]);
    assert_eq!(answer.secure, Secure::Insecure);
}

#[tokio::test]
async fn many_questions_are_answered_at_once() {
    let house = House::new().await;
    let mut asking = JoinSet::new();
    for number in 0..200 {
        let egress = house.egress.clone();
        asking.spawn(async move {
            let silent = number % 2 == 0;
            let name = if silent { "none.plain" } else { "text.plain" };
            let answer = egress.lookup(text(name)).await.unwrap();
            assert_eq!(answer.records.is_empty(), silent);
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked.unwrap();
    }
    assert_eq!(house.egress.status().await.unwrap().answered, 200);
}

#[tokio::test]
async fn a_dropped_question_is_cancelled() {
    let house = House::new().await;
    let mut asking = Box::pin(house.egress.lookup(text("silent.plain")));
    let waiting = tokio::time::timeout(Duration::from_millis(100), &mut asking).await;
    assert!(waiting.is_err());
    house.busy(2).await;
    drop(asking);
    house.busy(1).await;
}

#[tokio::test]
async fn an_error_of_the_dns_is_told() {
    let house = House::new().await;
    let failed = house.egress.lookup(text("servfail.plain")).await;
    assert!(matches!(failed, Err(Error::Failed(_))), "{failed:?}");
    let failed = house.egress.lookup(text("a..b")).await;
    assert!(matches!(failed, Err(Error::Failed(_))), "{failed:?}");
}

#[tokio::test]
async fn a_message_travels_whole() {
    let house = House::new().await;
    let delivery = Delivery {
        route: Route::Domain("none.plain".into()),
        helo: "us.example".into(),
        reverse_path: "a@us.example".into(),
        recipients: vec![Recipient {
            forward_path: "b@none.plain".into(),
            notify: None,
            original: None,
        }],
        envelope_id: None,
        dsn_return: None,
        eight_bit: false,
        smtputf8: false,
        message_tls: MessageTls::AsPublished,
        priority: None,
    };
    // More than one frame, and more than a share.
    for octets in [1, 1_000_000, crate::wire::OCTETS_IN_FLIGHT_MAX + 1] {
        let message = Bytes::from(vec![b'x'; octets]);
        let delivered = house.egress.deliver(delivery.clone(), message).await;
        let results = delivered.unwrap().results;
        assert_eq!(results.len(), 1);
        assert!(!matches!(results[0], RecipientResult::Delivered { .. }));
    }
    assert_eq!(house.egress.status().await.unwrap().octets, 0);
}

#[tokio::test]
async fn a_message_that_is_too_large_is_refused() {
    let house = House::new().await;
    let message = Bytes::from(vec![0; crate::wire::BODY_OCTETS_MAX as usize + 1]);
    let failed = house.egress.learn(scan::Lesson::Spam, message).await;
    assert!(matches!(failed, Err(Error::Failed(_))), "{failed:?}");
}

#[tokio::test]
async fn without_a_process_the_handle_is_down() {
    let egress = Egress::new();
    assert!(!egress.is_up());
    assert_eq!(egress.lookup(text("text.plain")).await, Err(Error::Down));
}

#[tokio::test]
async fn the_handle_survives_the_process() {
    let mut house = House::new().await;
    let egress = house.egress.clone();
    let lost = tokio::spawn(async move { egress.lookup(text("silent.plain")).await });
    house.busy(2).await;
    house.tasks.shutdown().await;
    assert_eq!(lost.await.unwrap(), Err(Error::Lost));
    house.up(false).await;
    assert_eq!(house.egress.lookup(text("x")).await, Err(Error::Down));
    house.attach(Setup::default()).await;
    assert_eq!(house.egress.status().await.unwrap().requests, 1);
}

#[tokio::test]
async fn there_is_one_link_at_a_time() {
    let house = House::new().await;
    let (ours, _theirs) = UnixStream::pair().unwrap();
    let second = house
        .egress
        .attach(ours, &Setup::default(), Bytes::new())
        .await;
    assert_eq!(second, Err(Error::Busy));
    assert!(house.egress.is_up());
}

#[tokio::test]
async fn the_process_ends_with_its_socket() {
    let (ours, theirs) = UnixStream::pair().unwrap();
    drop(ours);
    run(theirs, clock()).await.unwrap();
}

/// What the process makes of these frames.
async fn given(frames: &[Frame]) -> Result<(), RunError> {
    let (ours, theirs) = UnixStream::pair().unwrap();
    ours.set_nonblocking(true).unwrap();
    let mut ours = tokio::net::UnixStream::from_std(ours).unwrap();
    let mut octets = Vec::new();
    for frame in frames {
        frame.encode(&mut octets).unwrap();
    }
    let running = tokio::spawn(run(theirs, clock()));
    let _ = ours.write_all(&octets).await;
    let _ = ours.shutdown().await;
    running.await.unwrap()
}

fn begins() -> Frame {
    Frame::Setup(Box::default())
}

fn asks(id: u64, body_octets: u32) -> Frame {
    let what = Request::Learn(scan::Lesson::Ham);
    Frame::Request(Id(id), Box::new(Head { what, body_octets }))
}

#[tokio::test]
async fn nonsense_ends_the_process() {
    let data = |id, octets| Frame::Data(Id(id), Bytes::from(vec![0; octets]));
    for frames in [
        vec![asks(1, 0)],
        vec![begins(), begins()],
        vec![begins(), asks(1, 2), asks(1, 2)],
        vec![begins(), asks(1, 2), data(1, 3)],
    ] {
        let ended = given(&frames).await;
        assert!(matches!(ended, Err(RunError::Frame(FrameError::Malformed))));
    }
    // What belongs to something cancelled is not nonsense.
    let cancelled = Frame::Cancel(Id(1));
    let frames = [
        begins(),
        asks(1, 2),
        cancelled.clone(),
        data(1, 1),
        cancelled,
    ];
    given(&frames).await.unwrap();
}

#[tokio::test]
async fn a_wrong_setup_ends_the_process() {
    let setup = Setup {
        trust_anchors: "nonsense".into(),
        ..Setup::default()
    };
    let ended = given(&[Frame::Setup(Box::new(setup))]).await;
    assert!(matches!(ended, Err(RunError::Setup(_))), "{ended:?}");
}

#[tokio::test]
async fn more_than_a_handle_asks_for_ends_the_process() {
    // Two whole shares are the most.
    let whole = u32::try_from(crate::wire::OCTETS_IN_FLIGHT_MAX).unwrap();
    given(&[begins(), asks(1, whole), asks(2, whole)])
        .await
        .unwrap();
    let ended = given(&[begins(), asks(1, whole), asks(2, whole), asks(3, 1)]).await;
    assert!(matches!(
        ended,
        Err(RunError::Frame(FrameError::TooLarge { .. }))
    ));
    let requests = crate::wire::DELIVERIES_MAX + crate::wire::QUESTIONS_MAX;
    let mut frames = vec![begins()];
    frames.extend((0..=requests as u64).map(|id| asks(id, 1)));
    let ended = given(&frames).await;
    assert!(matches!(
        ended,
        Err(RunError::Frame(FrameError::TooLarge { .. }))
    ));
    frames.pop();
    given(&frames).await.unwrap();
}

#[tokio::test]
async fn a_script_answers_in_the_place_of_the_process() {
    let egress = Egress::scripted(|request, _| match request {
        Request::Learn(_) => (Response::Learned, Bytes::new()),
        _ => (Response::Failed(Failed::TimedOut), Bytes::new()),
    });
    assert!(egress.is_up());
    assert_eq!(egress.learn(scan::Lesson::Ham, Bytes::new()).await, Ok(()));
    assert_eq!(egress.lookup(text("x")).await, Err(Error::TimedOut));
}
