//! A destination that does not answer.

use crate::world::{Network, World, dead, hours, minutes, taken};

#[tokio::test(start_paused = true)]
async fn a_dead_domain_is_not_tried_for_each_of_its_messages() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |path, _| {
        if path.ends_with("@dead.example") {
            dead()
        } else {
            taken()
        }
    });
    let paths: Vec<String> = (0..100).map(|at| format!("a{at}@dead.example")).collect();
    for path in &paths {
        for _ in 0..20 {
            world.send(&[path]).await;
        }
    }
    world.send(&["b@example.net"]).await;
    let queue = world.work(&network, hours(3)).await;
    assert_eq!(world.waiting().await.len(), 2_000);
    let attempts = network.deliveries();
    assert!(attempts < 20, "{attempts}");
    assert_eq!(queue.counters().read().waiting, 2_000);
    // All of the senders hear of the delay, once.
    world.work(&network, hours(4)).await;
    assert_eq!(world.inbox(world.anna).await.len(), 2_000);
    let attempts = network.deliveries();
    assert!(attempts < 50, "{attempts}");
    world.work(&network, hours(24 * 6)).await;
    assert!(world.waiting().await.is_empty());
    assert_eq!(world.inbox(world.anna).await.len(), 4_000);
    let attempts = network.deliveries();
    assert!(attempts < 300, "{attempts}");
}

#[tokio::test(start_paused = true)]
async fn when_it_answers_again_all_goes_out() {
    let world = World::new().await;
    let up_at = world.clock.now().plus_ms(3 * 60 * 60 * 1_000);
    let clock = world.clock.clone();
    let network = Network::new(&world.clock, move |_, _| {
        if clock.now() < up_at { dead() } else { taken() }
    });
    for _ in 0..500 {
        world.send(&["a@dead.example"]).await;
    }
    world.work(&network, hours(4) + minutes(30)).await;
    // Those that were tried by themselves wait for their own time.
    let waiting = world.waiting().await.len();
    assert!(waiting < 20, "{waiting}");
    world.work(&network, hours(5)).await;
    assert!(world.waiting().await.is_empty());
}
