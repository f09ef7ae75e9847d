use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, join_all};
use model::ManualClock;

use super::*;
use crate::process::connect::ConnectError;
use crate::process::resolve::{Addresses, Unresolved};
use crate::process::surroundings::Connected;
use crate::wire::{Answer, Existence};

/// A world in which every domain announces a policy.
struct World {
    clock: ManualClock,
    id: Mutex<Option<&'static str>>,
    page: Mutex<Result<&'static str, FetchError>>,
    fetches: AtomicUsize,
}

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const POLICY: &str = "version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 864000\n";

impl World {
    fn new() -> Self {
        Self {
            clock: ManualClock::new(Timestamp(0)),
            id: Mutex::new(Some("1")),
            page: Mutex::new(Ok(POLICY)),
            fetches: AtomicUsize::new(0),
        }
    }

    fn announce(&self, id: Option<&'static str>) {
        *self.id.lock().unwrap() = id;
    }

    fn publish(&self, page: Result<&'static str, FetchError>) {
        *self.page.lock().unwrap() = page;
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::Relaxed)
    }
}

impl Surroundings for World {
    fn now(&self) -> Timestamp {
        self.clock.clock().now()
    }

    fn lookup<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Answer, Unresolved>> {
        let id = *self.id.lock().unwrap();
        let text = |id: &str| Record::Txt(format!("v=STSv1; id={id}").into_bytes());
        let answer = Answer {
            records: id.map(text).into_iter().collect(),
            secure: Secure::Insecure,
            ttl_seconds: 1,
            existence: Existence::Present,
            canonical_name: question.name.clone(),
        };
        async move { Ok(answer) }.boxed()
    }

    fn addresses<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Addresses, Unresolved>> {
        async { Err(Unresolved::ServerFailed) }.boxed()
    }

    fn connect(
        &self,
        _: SocketAddr,
        _: Duration,
    ) -> BoxFuture<'_, Result<Connected, ConnectError>> {
        async { Err(ConnectError::NoAddress) }.boxed()
    }

    fn fetch<'a>(
        &'a self,
        request: &'a HttpRequest,
    ) -> BoxFuture<'a, Result<(HttpResponse, Bytes), FetchError>> {
        assert_eq!(request.redirects, Redirects::None);
        self.fetches.fetch_add(1, Ordering::Relaxed);
        let page = self.page.lock().unwrap().clone();
        async move {
            tokio::task::yield_now().await;
            let headers = vec![("content-type".to_owned(), "text/plain".to_owned())];
            let response = HttpResponse {
                status: 200,
                headers,
            };
            page.map(|page| (response, Bytes::from_static(page.as_bytes())))
        }
        .boxed()
    }

    fn random(&self) -> u64 {
        0
    }
}

fn mode(sts: &Sts) -> Option<Mode> {
    match sts {
        Sts::Policy(policy) => Some(policy.mode),
        Sts::Nothing | Sts::Broken(_) => None,
    }
}

#[tokio::test]
async fn a_policy_is_fetched_once_even_by_many() {
    let (world, policies) = (World::new(), MtaSts::new());
    let all = join_all((0..50).map(|_| policies.of("Example.ORG", &world))).await;
    assert!(all.iter().all(|sts| mode(sts) == Some(Mode::Enforce)));
    assert_eq!(world.fetches(), 1);
}

#[tokio::test]
async fn a_new_id_brings_a_new_policy() {
    let (world, policies) = (World::new(), MtaSts::new());
    policies.of("example.org", &world).await;
    world.publish(Ok("version: STSv1\nmode: none\nmax_age: 1000\n"));
    assert_eq!(
        mode(&policies.of("example.org", &world).await),
        Some(Mode::Enforce)
    );
    world.announce(Some("2"));
    assert_eq!(
        mode(&policies.of("example.org", &world).await),
        Some(Mode::None)
    );
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn a_policy_protects_although_its_announcement_is_suppressed() {
    let (world, policies) = (World::new(), MtaSts::new());
    policies.of("example.org", &world).await;
    world.announce(None);
    world.clock.advance_ms(10 * DAY_MS - 1);
    assert_eq!(
        mode(&policies.of("example.org", &world).await),
        Some(Mode::Enforce)
    );
    world.clock.advance_ms(1);
    assert_eq!(policies.of("example.org", &world).await, Sts::Nothing);
    assert_eq!(world.fetches(), 1);
}

#[tokio::test]
async fn a_policy_protects_although_a_newer_one_cannot_be_had() {
    let (world, policies) = (World::new(), MtaSts::new());
    policies.of("example.org", &world).await;
    world.announce(Some("2"));
    world.publish(Err(FetchError::Unreachable));
    for _ in 0..2 {
        assert_eq!(
            mode(&policies.of("example.org", &world).await),
            Some(Mode::Enforce)
        );
        assert_eq!(world.fetches(), 2);
    }
    world.clock.advance_ms(FAILURE_MS);
    world.publish(Ok("version: STSv1\nmode: testing\nmx: a\nmax_age: 1\n"));
    assert_eq!(
        mode(&policies.of("example.org", &world).await),
        Some(Mode::Testing)
    );
}

#[tokio::test]
async fn a_policy_is_renewed_before_it_ends() {
    let (world, policies) = (World::new(), MtaSts::new());
    policies.of("example.org", &world).await;
    world.clock.advance_ms(9 * DAY_MS - 1);
    policies.of("example.org", &world).await;
    assert_eq!(world.fetches(), 1);
    world.clock.advance_ms(1);
    policies.of("example.org", &world).await;
    assert_eq!(world.fetches(), 2);
    world.clock.advance_ms(8 * DAY_MS);
    assert_eq!(
        mode(&policies.of("example.org", &world).await),
        Some(Mode::Enforce)
    );
    assert_eq!(world.fetches(), 2);
}

#[tokio::test]
async fn a_failure_is_reported_once_in_a_while() {
    let (world, policies) = (World::new(), MtaSts::new());
    world.publish(Err(FetchError::TimedOut));
    let first = policies.of("example.org", &world).await;
    assert!(matches!(&first, Sts::Broken(flaw) if flaw.result == TlsResult::StsPolicyFetchError));
    assert_eq!(policies.of("example.org", &world).await, Sts::Nothing);
    world.clock.advance_ms(FAILURE_MS);
    let later = policies.of("example.org", &world).await;
    assert!(matches!(later, Sts::Broken(_)));
}

#[tokio::test]
async fn no_more_policies_are_kept_than_allowed() {
    let (world, policies) = (World::new(), MtaSts::new());
    for number in 0..POLICIES_MAX + 10 {
        policies.of(&format!("d{number}.example"), &world).await;
    }
    assert_eq!(policies.kept.lock().unwrap().len(), POLICIES_MAX);
}

#[tokio::test]
async fn a_policy_outlives_the_process() {
    let (world, before) = (World::new(), MtaSts::new());
    assert_eq!(
        mode(&before.of("a.example", &world).await),
        Some(Mode::Enforce)
    );
    let (revision, memory) = before.policies(None, || world.now()).await;
    assert_eq!(revision, 1);
    // Somebody takes the announcement away, and the page, and the process is another one.
    world.announce(None);
    world.publish(Err(FetchError::TimedOut));
    world.clock.advance_ms(9 * DAY_MS);
    let after = MtaSts::new();
    after.remember(&memory, world.now());
    assert_eq!(
        mode(&after.of("a.example", &world).await),
        Some(Mode::Enforce)
    );
    assert_eq!(world.fetches(), 1);
    world.clock.advance_ms(DAY_MS);
    assert_eq!(after.of("a.example", &world).await, Sts::Nothing);
    // Nothing lasts longer than it says, whatever the clock was.
    let early = MtaSts::new();
    early.remember(&memory, Timestamp(-1_000 * DAY_MS));
    let (_, again) = early.policies(None, || Timestamp(-980 * DAY_MS)).await;
    assert_eq!(again, [1]);
}

#[tokio::test]
async fn a_new_policy_is_told_at_once_and_a_damaged_memory_is_none() {
    let (world, policies) = (World::new(), MtaSts::new());
    let told = policies.policies(Some(0), || world.now());
    let fetched = policies.of("a.example", &world);
    let ((revision, memory), _) = futures_util::future::join(told, fetched).await;
    assert_eq!(revision, 1);
    assert!(memory.len() > 1);
    for damaged in [&memory[..memory.len() - 1], &memory[1..], b""] {
        let after = MtaSts::new();
        after.remember(damaged, world.now());
        let (_, memory) = after.policies(None, || world.now()).await;
        assert_eq!(memory, [1]);
    }
    fuzz(&memory);
}
