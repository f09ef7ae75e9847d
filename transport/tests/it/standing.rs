//! What administrators do with the queue, and mail that waits for its time.

use std::time::Duration;

use model::{Actor, QueueStanding};
use tokio_util::sync::CancellationToken;
use transport::{SenderLimitSettings, SenderLimits};

use crate::world::{Network, World, hours, later, minutes, taken};

#[tokio::test(start_paused = true)]
async fn what_is_held_waits_until_it_is_released() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |_, _| taken());
    let standing = QueueStanding {
        hold: Some("looks odd".into()),
        ..QueueStanding::default()
    };
    let queued = world.send_with(&["a@example.net"], None, standing).await;
    let queue = world.queue(&network);
    let stop = CancellationToken::new();
    let actor = Actor::system();
    let hands = async {
        tokio::time::sleep(hours(24 * 7)).await;
        assert_eq!(network.deliveries(), 0);
        let (account, id) = (queued[0].account, queued[0].item.id);
        world
            .groupware
            .release_queued(&actor, account, id)
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert!(world.waiting().await.is_empty());
        stop.cancel();
    };
    tokio::join!(queue.run(stop.clone()), hands);
    assert_eq!(network.deliveries(), 1);
}

#[tokio::test(start_paused = true)]
async fn hold_release_retry_and_cancel_while_it_runs() {
    let world = World::new().await;
    let network = Network::new(
        &world.clock,
        |_, times| if times < 2 { later(451) } else { taken() },
    );
    let queue = world.queue(&network);
    let stop = CancellationToken::new();
    let actor = Actor::system();
    let groupware = &world.groupware;
    let hands = async {
        let queued = world.send(&["a@example.net"]).await;
        let (account, id) = (queued[0].account, queued[0].item.id);
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(network.deliveries(), 1);
        groupware
            .hold_queued(&actor, account, id, "wait")
            .await
            .unwrap();
        tokio::time::sleep(hours(1)).await;
        assert_eq!(network.deliveries(), 1);
        // Released before its next time: it is tried at once, and once.
        groupware.release_queued(&actor, account, id).await.unwrap();
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert_eq!(network.deliveries(), 2);
        groupware.retry_queued(account, id).await.unwrap();
        tokio::time::sleep(Duration::from_secs(10)).await;
        assert!(world.waiting().await.is_empty());
        assert_eq!(network.deliveries(), 3);

        let queued = world.send(&["b@example.net"]).await;
        let (account, id) = (queued[0].account, queued[0].item.id);
        groupware.cancel_queued(&actor, account, id).await.unwrap();
        tokio::time::sleep(hours(24)).await;
        let tried = network
            .asked()
            .get("b@example.net")
            .copied()
            .unwrap_or_default();
        assert!(tried <= 1, "{tried}");
        assert!(groupware.retry_queued(account, id).await.is_err());
        assert_eq!(queue.counters().read().waiting, 0);
        stop.cancel();
    };
    tokio::join!(queue.clone().run(stop.clone()), hands);
}

#[tokio::test(start_paused = true)]
async fn delayed_mail_leaves_at_its_time() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |_, _| taken());
    let release_at = world.clock.now().plus_ms(24 * 60 * 60 * 1_000);
    let standing = QueueStanding {
        release_at: Some(release_at),
        ..QueueStanding::default()
    };
    world.send_with(&["a@example.net"], None, standing).await;
    world.work(&network, hours(23)).await;
    assert_eq!(network.deliveries(), 0);
    world.work(&network, hours(1) + minutes(1)).await;
    assert!(world.waiting().await.is_empty());
    let at = network.seen.lock().unwrap()[0].at;
    assert!(at >= release_at && at.0 - release_at.0 < 5_000);
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_held_and_then_refused() {
    let world = World::new().await;
    let limits = SenderLimits::new(SenderLimitSettings {
        recipients_per_hour: 50,
        unusual_recipients_min: 20,
        ..SenderLimitSettings::default()
    });
    world
        .groupware
        .set_sending_limits(std::sync::Arc::new(limits));
    let network = Network::new(&world.clock, |_, _| taken());
    for _ in 0..25 {
        world.send(&["a@example.net", "bert@example.org"]).await;
    }
    world.work(&network, minutes(1)).await;
    assert_eq!(network.deliveries(), 10);
    assert_eq!(world.inbox(world.bert).await.len(), 10);
    let waiting = world.waiting().await;
    assert_eq!(waiting.len(), 15);
    let reason = waiting[0].standing.hold.as_deref().unwrap();
    assert!(
        reason.starts_with("unusual: 22 recipients within an hour"),
        "{reason}"
    );
    let submission = groupware::Submission {
        reverse_path: "anna@example.org".into(),
        recipients: vec![waiting[0].item.recipients[0].clone()],
        message: world
            .groupware
            .prepare(b"Subject: x\r\n\r\nx\r\n".to_vec())
            .await
            .unwrap(),
        envelope_id: None,
        dsn_return: None,
        smtputf8: false,
        require_tls: false,
        standing: QueueStanding::default(),
    };
    let refused = world.groupware.submit(&world.caller(), submission).await;
    assert!(matches!(
        refused,
        Err(groupware::Error::SendingLimit { .. })
    ));
    // Whoever looks at it may release it, for those here as for those elsewhere.
    let (account, id) = (waiting[0].account, waiting[0].item.id);
    world
        .groupware
        .release_queued(&Actor::system(), account, id)
        .await
        .unwrap();
    world.work(&network, minutes(1)).await;
    assert_eq!(network.deliveries(), 11);
    assert_eq!(world.inbox(world.bert).await.len(), 11);
}
