//! What is sent, where, and when again.

use egress::wire::{Host, HostTls, Route};
use model::{Actor, QueueStanding};
use tokio_util::sync::CancellationToken;
use transport::Routes;

use crate::world::{Network, World, dead, hours, later, minutes, never, taken};

#[tokio::test(start_paused = true)]
async fn a_message_goes_to_its_destinations_at_once() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |_, _| taken());
    world
        .send(&["a@example.net", "b@EXAMPLE.net", "c@example.com"])
        .await;
    let queue = world.work(&network, minutes(1)).await;
    assert!(world.waiting().await.is_empty());
    let seen = network.seen.lock().unwrap().clone();
    let mut to: Vec<(Route, usize)> = seen
        .iter()
        .map(|seen| (seen.delivery.route.clone(), seen.delivery.recipients.len()))
        .collect();
    to.sort_by_key(|(_, count)| *count);
    assert_eq!(
        to,
        [
            (Route::Domain("example.com".into()), 1),
            (Route::Domain("example.net".into()), 2)
        ]
    );
    assert_eq!(seen[0].delivery.reverse_path, "anna@example.org");
    assert_eq!(seen[0].delivery.helo, "mail.example.org");
    assert!(seen[0].message.ends_with(b"The body\r\n"));
    let reading = queue.counters().read();
    assert_eq!((reading.delivered, reading.waiting), (3, 0));
    assert!(world.inbox(world.anna).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_is_queued_while_it_runs_goes_out_without_a_scan() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |_, _| taken());
    let queue = world.queue(&network);
    let stop = CancellationToken::new();
    let work = queue.clone().run(stop.clone());
    let sending = async {
        tokio::time::sleep(minutes(5)).await;
        for _ in 0..100 {
            world.send(&["a@example.net"]).await;
        }
        tokio::time::sleep(minutes(1)).await;
        assert!(world.waiting().await.is_empty());
        stop.cancel();
    };
    tokio::join!(work, sending);
    assert_eq!(network.deliveries(), 100);
}

#[tokio::test(start_paused = true)]
async fn greylisting_costs_one_more_attempt() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |_, times| match times {
        0 => later(451),
        _ => taken(),
    });
    world.send(&["a@example.net"]).await;
    world.work(&network, minutes(3)).await;
    assert!(world.waiting().await.is_empty());
    let seen = network.seen.lock().unwrap().clone();
    let pause_ms = seen[1].at.0 - seen[0].at.0;
    assert!((50_000..=70_000).contains(&pause_ms), "{pause_ms}");
    assert!(world.inbox(world.anna).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn each_recipient_is_settled_for_itself() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |path, times| match (path, times) {
        ("slow@example.net", 0..3) => later(450),
        ("gone@example.net", _) => never(550),
        _ => taken(),
    });
    world
        .send(&["ok@example.net", "slow@example.net", "gone@example.net"])
        .await;
    world
        .work(&network, std::time::Duration::from_secs(30))
        .await;
    let waiting = world.waiting().await;
    assert_eq!(waiting[0].standing.settled, [0, 2]);
    let inbox = world.inbox(world.anna).await;
    assert_eq!(inbox.len(), 1);
    assert!(inbox[0].contains("Final-Recipient: rfc822; gone@example.net\r\n"));
    assert!(!inbox[0].contains("slow@example.net"));
    world.work(&network, hours(2)).await;
    assert!(world.waiting().await.is_empty());
    assert_eq!(network.asked()["ok@example.net"], 1);
    assert_eq!(network.asked()["gone@example.net"], 1);
    assert_eq!(network.asked()["slow@example.net"], 4);
    assert_eq!(world.inbox(world.anna).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn routes_and_smart_host_take_what_is_theirs() {
    let mut world = World::new().await;
    let host = |name: &str| Host {
        name: name.into(),
        port: 587,
        tls: HostTls::Required,
        credentials: None,
    };
    world.settings.routes = Routes {
        smart_host: Some(host("smart.example")),
        domains: [("example.net".to_owned(), host("route.example"))].into(),
    };
    let network = Network::new(&world.clock, |_, _| taken());
    world
        .send(&["a@example.net", "b@example.com", "c@example.edu"])
        .await;
    world.work(&network, minutes(1)).await;
    let seen = network.seen.lock().unwrap().clone();
    let mut routes: Vec<(String, usize)> = seen
        .iter()
        .map(|seen| match &seen.delivery.route {
            Route::Host(host) => (host.name.clone(), seen.delivery.recipients.len()),
            Route::Domain(domain) => panic!("{domain} goes its own way"),
        })
        .collect();
    routes.sort();
    assert_eq!(
        routes,
        [
            ("route.example".to_owned(), 1),
            ("smart.example".to_owned(), 2)
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn mail_for_a_domain_that_became_ours_never_leaves() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |_, _| dead());
    world
        .send(&["bert@example.info", "nobody@example.info"])
        .await;
    world.work(&network, minutes(10)).await;
    let directory = world.groupware.directory();
    let actor = Actor::system();
    directory.add_domain(&actor, "example.info").await.unwrap();
    directory
        .set_alias(&actor, "bert@example.info", world.bert)
        .await
        .unwrap();
    let before = network.deliveries();
    world.work(&network, hours(2)).await;
    assert!(world.waiting().await.is_empty());
    assert_eq!(network.deliveries(), before);
    assert!(world.inbox(world.bert).await[0].contains("The body"));
    let told = world.inbox(world.anna).await;
    assert!(told[0].contains("nobody@example.info") && told[0].contains("Status: 5.1.1"));
}

#[tokio::test(start_paused = true)]
async fn urgent_mail_goes_first() {
    let mut world = World::new().await;
    world.settings.concurrency.deliveries_max = 1;
    let network = Network::new(&world.clock, |_, _| taken());
    for (path, priority) in [
        ("low@a.example", -4),
        ("plain@b.example", 0),
        ("high@c.example", 6),
    ] {
        let standing = QueueStanding {
            priority,
            ..QueueStanding::default()
        };
        world.send_with(&[path], None, standing).await;
    }
    world.work(&network, minutes(1)).await;
    let seen = network.seen.lock().unwrap().clone();
    let order: Vec<&str> = seen
        .iter()
        .map(|seen| seen.delivery.recipients[0].forward_path.as_str())
        .collect();
    assert_eq!(
        order,
        ["high@c.example", "plain@b.example", "low@a.example"]
    );
    assert_eq!(seen[0].delivery.priority, Some(6));
}

#[tokio::test(start_paused = true)]
async fn many_recipients_go_in_several_transactions() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |_, _| taken());
    let paths: Vec<String> = (0..250).map(|at| format!("a{at}@example.net")).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    world.send(&paths).await;
    world.work(&network, minutes(1)).await;
    assert_eq!(network.deliveries(), 3);
    assert_eq!(network.asked().len(), 250);
    assert!(world.waiting().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn while_the_way_out_is_closed_nothing_is_lost_or_counted() {
    let world = World::new().await;
    let mut network = Network::new(&world.clock, |_, _| taken());
    let open = std::mem::replace(&mut network.egress, egress::Egress::new());
    world.send(&["a@example.net"]).await;
    let queue = world.work(&network, hours(5)).await;
    assert_eq!(world.waiting().await.len(), 1);
    assert_eq!(queue.counters().read().deferred, 0);
    network.egress = open;
    world.work(&network, minutes(1)).await;
    assert!(world.waiting().await.is_empty());
}
