//! The store fails at any call: nothing is lost, nothing is sent twice, nobody is told twice.

use directory::Directory;
use groupware::Groupware;
use store::Store;
use testbed::{Faulty, fail_each};

use crate::world::{Network, World, hours, later, never, taken};

async fn play(faults: &testbed::Faults) {
    let mut world = World::new().await;
    let network = Network::new(&world.clock, |path, times| match (path, times) {
        ("slow@example.net", 0) => later(451),
        ("gone@example.net", _) => never(550),
        _ => taken(),
    });
    world
        .send(&["ok@example.net", "slow@example.net", "gone@example.net"])
        .await;
    world.send(&["far@example.com"]).await;
    // From here on the queue works on a store with the fault.
    let engine = Faulty::over(world.engine.clone(), faults.clone());
    let store = Store::new(engine);
    let directory = Directory::new(
        store.clone(),
        world.clock.clone(),
        world.random.clone(),
        directory::Settings::default(),
    );
    let sound = std::mem::replace(
        &mut world.groupware,
        Groupware::new(store, directory, world.clock.clone()),
    );
    world.work(&network, hours(3)).await;
    world.groupware = sound;
    assert!(world.waiting().await.is_empty(), "something is left");
    let asked: Vec<(String, usize)> = network.asked().into_iter().collect();
    let expected = [
        ("far@example.com", 1),
        ("gone@example.net", 1),
        ("ok@example.net", 1),
        ("slow@example.net", 2),
    ];
    assert_eq!(
        asked,
        expected.map(|(path, times)| (path.to_owned(), times)),
        "asked once too often, or too seldom"
    );
    assert_eq!(world.inbox(world.anna).await.len(), 1);
    world.engine.check().unwrap();
}

#[test]
fn whichever_call_fails_all_comes_right() {
    fail_each(|faults| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(play(faults));
    });
}
