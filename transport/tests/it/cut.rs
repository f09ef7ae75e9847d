//! The runner dies at any moment: nothing is lost, and sent twice is only what was taken and not yet noted.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::Poll;
use std::time::Duration;

use proptest::prelude::*;
use tokio_util::sync::CancellationToken;

use crate::world::{Network, World, hours, later, never, taken};

/// Runs the future until it was woken so often, and drops it.
async fn cut_after(polls: usize, future: impl Future<Output = ()>) {
    let mut future = pin!(future);
    let mut polled = 0;
    std::future::poll_fn(|context| {
        polled += 1;
        if polled > polls {
            return Poll::Ready(());
        }
        future.as_mut().poll(context)
    })
    .await;
}

/// How often a script answers `later` for a recipient before it decides.
fn puts_off(path: &str) -> usize {
    path.len() % 3
}

async fn play(cuts: Vec<(usize, bool)>) {
    let world = World::new().await;
    // How many deliveries until the next cut that happens at once, in the middle of the attempt.
    let until_cut = Arc::new(AtomicUsize::new(usize::MAX));
    let token = Arc::new(std::sync::Mutex::new(CancellationToken::new()));
    let (countdown, cut) = (Arc::clone(&until_cut), Arc::clone(&token));
    let network = Network::new(&world.clock, move |path, times| {
        if countdown.load(Ordering::SeqCst) != usize::MAX
            && countdown.fetch_sub(1, Ordering::SeqCst) == 0
        {
            cut.lock().unwrap().cancel();
        }
        if times < puts_off(path) {
            later(451)
        } else if path.starts_with("gone") {
            never(550)
        } else {
            taken()
        }
    });
    let mut paths = Vec::new();
    for at in 0..40 {
        let name = if at % 5 == 0 { "gone" } else { "a" };
        let pad = "x".repeat(at % 4);
        paths.push([
            format!("{name}{at}{pad}@one.example"),
            format!("b{at}@two{}.example", at % 7),
        ]);
    }
    for pair in &paths {
        world.send(&[&pair[0], &pair[1]]).await;
    }
    // For each recipient that was open after a cut: how many final answers it had had by then.
    let mut open_after: BTreeMap<String, usize> = BTreeMap::new();
    for (moment, in_delivery) in cuts {
        let queue = world.queue(&network);
        *token.lock().unwrap() = CancellationToken::new();
        if in_delivery {
            until_cut.store(moment, Ordering::SeqCst);
            let cut = token.lock().unwrap().clone();
            let run = queue.run(CancellationToken::new());
            let cut = async {
                tokio::select! {
                    () = cut.cancelled() => {}
                    () = run => {}
                }
            };
            let _ = tokio::time::timeout(Duration::from_secs(600), cut).await;
        } else {
            until_cut.store(usize::MAX, Ordering::SeqCst);
            cut_after(moment, queue.run(CancellationToken::new())).await;
        }
        let asked = network.asked();
        for queued in world.waiting().await {
            for (_, recipient) in queued.open() {
                let path = &recipient.forward_path;
                let asked = asked.get(path).copied().unwrap_or_default();
                open_after.insert(path.clone(), asked.saturating_sub(puts_off(path)));
            }
        }
    }
    until_cut.store(usize::MAX, Ordering::SeqCst);
    world.work(&network, hours(24)).await;
    assert!(world.waiting().await.is_empty(), "something is left");
    let asked = network.asked();
    for path in paths.iter().flatten() {
        let answers = asked.get(path).copied().unwrap_or_default() - puts_off(path);
        // Only what was answered and not yet noted when it was cut off is asked for once more.
        let expected = open_after.get(path).copied().unwrap_or_default() + 1;
        assert_eq!(answers, expected, "{path}");
    }
    let told = world.inbox(world.anna).await;
    for path in paths
        .iter()
        .flatten()
        .filter(|path| path.starts_with("gone"))
    {
        let about = told
            .iter()
            .filter(|it| it.contains(&format!("Final-Recipient: rfc822; {path}\r\n")))
            .count();
        // A notification is written with what it is about: never lost, never twice.
        assert_eq!(about, 1, "{path}");
    }
    world.engine.check().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn whenever_it_dies_nothing_is_lost(
        cuts in proptest::collection::vec((0_usize..120, any::<bool>()), 0..6)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(play(cuts));
    }
}
