//! Tests of the handle against another end of the socket that says what the test wants.

use tokio::net::UnixStream;
use tokio::task::JoinSet;

use super::*;
use crate::wire::{
    DATA_OCTETS_MAX, Frame, FrameReader, FrameWriter, Head, Id, Kind, OCTETS_IN_FLIGHT_MAX, pieces,
};

/// A handle and the other end of its link.
struct Pair {
    egress: Egress,
    reader: FrameReader<tokio::net::unix::OwnedReadHalf>,
    writer: FrameWriter<tokio::net::unix::OwnedWriteHalf>,
    serving: tokio::task::JoinHandle<Result<(), Error>>,
}

impl Pair {
    async fn new() -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let egress = Egress::new();
        let handle = egress.clone();
        let serving = tokio::spawn(async move {
            let ours = ours.into_std().unwrap();
            handle.attach(ours, &Setup::default(), Bytes::new()).await
        });
        let (reader, writer) = theirs.into_split();
        let mut pair = Self {
            egress,
            reader: FrameReader::new(reader),
            writer: FrameWriter::new(writer),
            serving,
        };
        assert_eq!(pair.next().await, Frame::Setup(Box::default()));
        while !pair.egress.is_up() {
            tokio::task::yield_now().await;
        }
        pair
    }

    /// The next frame that comes.
    async fn next(&mut self) -> Frame {
        self.reader.frame().await.unwrap()
    }

    /// The next frame, which begins a request.
    async fn request(&mut self) -> (Id, Head<Request>) {
        match self.next().await {
            Frame::Request(id, head) => (id, *head),
            other => panic!("{other:?}"),
        }
    }

    async fn say(&mut self, frame: Frame) {
        self.writer.put(&frame).await.unwrap();
        self.writer.flush().await.unwrap();
    }

    async fn answer(&mut self, id: Id, what: Response) {
        let body_octets = 0;
        let head = Box::new(Head { what, body_octets });
        self.say(Frame::Response(id, head)).await;
    }
}

fn question() -> Question {
    Question::new(Kind::A, "host.example")
}

#[tokio::test]
async fn answers_find_those_who_asked() {
    let mut pair = Pair::new().await;
    let (one, other) = (pair.egress.clone(), pair.egress.clone());
    let one = tokio::spawn(async move { one.learn(scan::Lesson::Ham, Bytes::new()).await });
    let (first, _) = pair.request().await;
    let other = tokio::spawn(async move { other.status().await });
    let (second, _) = pair.request().await;
    assert_ne!(first, second);
    let status = Status {
        requests: 7,
        ..Status::default()
    };
    pair.answer(second, Response::Status(status)).await;
    assert_eq!(other.await.unwrap(), Ok(status));
    pair.answer(first, Response::Learned).await;
    assert_eq!(one.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_message_comes_in_pieces() {
    let mut pair = Pair::new().await;
    let egress = pair.egress.clone();
    let message = Bytes::from(vec![7; 2 * DATA_OCTETS_MAX + 1]);
    let sent = message.clone();
    let asking = tokio::spawn(async move { egress.learn(scan::Lesson::Spam, sent).await });
    let (id, head) = pair.request().await;
    assert_eq!(head.body_octets as usize, message.len());
    for piece in pieces(message) {
        assert_eq!(pair.next().await, Frame::Data(id, piece));
    }
    pair.answer(id, Response::Learned).await;
    assert_eq!(asking.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn a_body_comes_back_in_pieces() {
    let mut pair = Pair::new().await;
    let egress = pair.egress.clone();
    let request = HttpRequest::get("https://example.org/");
    let asking = tokio::spawn(async move { egress.fetch(request, Bytes::new()).await });
    let (id, _) = pair.request().await;
    let response = HttpResponse {
        status: 200,
        headers: Vec::new(),
    };
    let body = Bytes::from(vec![9; DATA_OCTETS_MAX + 5]);
    let head = Head {
        what: Response::Fetched(response.clone()),
        body_octets: u32::try_from(body.len()).unwrap(),
    };
    pair.say(Frame::Response(id, Box::new(head))).await;
    for piece in pieces(body.clone()) {
        pair.say(Frame::Data(id, piece)).await;
    }
    assert_eq!(asking.await.unwrap(), Ok((response, body)));
}

#[tokio::test]
async fn a_dropped_question_is_cancelled_once() {
    let mut pair = Pair::new().await;
    let egress = pair.egress.clone();
    let asking = tokio::spawn(async move { egress.lookup(question()).await });
    let (id, _) = pair.request().await;
    asking.abort();
    assert_eq!(pair.next().await, Frame::Cancel(id));
    // An answer that comes nevertheless is left aside, and the link goes on.
    pair.answer(id, Response::Learned).await;
    let egress = pair.egress.clone();
    let asking = tokio::spawn(async move { egress.learn(scan::Lesson::Ham, Bytes::new()).await });
    let (id, _) = pair.request().await;
    pair.answer(id, Response::Learned).await;
    assert_eq!(asking.await.unwrap(), Ok(()));
}

#[tokio::test]
async fn an_answer_of_another_kind_is_an_error() {
    let mut pair = Pair::new().await;
    let egress = pair.egress.clone();
    let asking = tokio::spawn(async move { egress.lookup(question()).await });
    let (id, _) = pair.request().await;
    pair.answer(id, Response::Learned).await;
    assert!(matches!(asking.await.unwrap(), Err(Error::Failed(_))));
}

#[tokio::test]
async fn nonsense_ends_the_link_and_nobody_waits_for_ever() {
    let head = |body_octets| {
        let what = Response::Learned;
        Box::new(Head { what, body_octets })
    };
    let too_much = u32::try_from(OCTETS_IN_FLIGHT_MAX + 1).unwrap();
    for nonsense in [
        Frame::Cancel(Id(1)),
        Frame::Data(Id(9), Bytes::from_static(b"x")),
        Frame::Setup(Box::default()),
        Frame::Response(Id(9), head(too_much)),
    ] {
        let mut pair = Pair::new().await;
        let egress = pair.egress.clone();
        let asking = tokio::spawn(async move { egress.lookup(question()).await });
        pair.request().await;
        pair.say(nonsense).await;
        assert_eq!(asking.await.unwrap(), Err(Error::Lost));
        assert!(matches!(pair.serving.await.unwrap(), Err(Error::Failed(_))));
        assert!(!pair.egress.is_up());
    }
}

#[tokio::test]
async fn a_request_that_does_not_fit_is_told() {
    let mut pair = Pair::new().await;
    let egress = pair.egress.clone();
    let mut request = HttpRequest::get("https://example.org/");
    request.headers = vec![("a".into(), "x".repeat(crate::wire::FRAME_OCTETS_MAX))];
    let failed = egress.fetch(request, Bytes::new()).await;
    assert!(matches!(failed, Err(Error::Failed(_))), "{failed:?}");
    let asking = tokio::spawn(async move { egress.learn(scan::Lesson::Ham, Bytes::new()).await });
    let (id, _) = pair.request().await;
    pair.answer(id, Response::Learned).await;
    assert_eq!(asking.await.unwrap(), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn who_gets_no_turn_is_told_so() {
    let pair = Pair::new().await;
    let mut asking = JoinSet::new();
    for _ in 0..QUESTIONS_MAX {
        let egress = pair.egress.clone();
        asking.spawn(async move { egress.lookup(question()).await });
        tokio::task::yield_now().await;
    }
    // All turns are taken. It asks for a shorter time than the others, so that none of them makes room.
    assert_eq!(pair.egress.status().await, Err(Error::Busy));
    while let Some(asked) = asking.join_next().await {
        assert_eq!(asked.unwrap(), Err(Error::TimedOut));
    }
}

#[tokio::test(start_paused = true)]
async fn large_messages_wait_for_each_other() {
    let mut pair = Pair::new().await;
    let whole = Bytes::from(vec![0; OCTETS_IN_FLIGHT_MAX]);
    let egress = pair.egress.clone();
    let first = tokio::spawn(async move { egress.learn(scan::Lesson::Ham, whole).await });
    let (id, head) = pair.request().await;
    for _ in 0..(head.body_octets as usize).div_ceil(DATA_OCTETS_MAX) {
        pair.next().await;
    }
    let egress = pair.egress.clone();
    let small = Bytes::from_static(b"x");
    let mut second = tokio::spawn(async move { egress.learn(scan::Lesson::Spam, small).await });
    let waits = tokio::time::timeout(Duration::from_secs(1), pair.reader.frame()).await;
    assert!(waits.is_err(), "the second is not sent yet");
    pair.answer(id, Response::Learned).await;
    assert_eq!(first.await.unwrap(), Ok(()));
    let (id, _) = pair.request().await;
    pair.answer(id, Response::Learned).await;
    assert_eq!((&mut second).await.unwrap(), Ok(()));
}

#[tokio::test]
async fn the_other_end_may_go() {
    let pair = Pair::new().await;
    drop((pair.reader, pair.writer));
    assert_eq!(pair.serving.await.unwrap(), Ok(()));
    assert_eq!(pair.egress.lookup(question()).await, Err(Error::Down));
}
