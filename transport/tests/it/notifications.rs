//! What senders hear.

use std::time::Duration;

use egress::wire::RecipientResult;
use model::{DsnNotify, QueueStanding};

use crate::world::{Network, World, dead, hours, later, never, taken};

const DAYS_6: Duration = hours(6 * 24);

#[tokio::test(start_paused = true)]
async fn a_refusal_comes_back_to_the_inbox_of_the_sender() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |_, _| never(550));
    world.send(&["gone@example.net"]).await;
    let queue = world.work(&network, Duration::from_secs(10)).await;
    assert!(world.waiting().await.is_empty());
    let inbox = world.inbox(world.anna).await;
    assert_eq!(inbox.len(), 1);
    for line in [
        "To: <anna@example.org>",
        "Original-Envelope-Id: envelope-1",
        "Reporting-MTA: dns; mail.example.org",
        "Original-Recipient: rfc822; gone@example.net",
        "Action: failed",
        "Status: 5.1.0",
        "Remote-MTA: dns; mx.example.net",
        "Diagnostic-Code: smtp; 550 no such user",
        "The body",
    ] {
        assert!(
            inbox[0].lines().any(|it| it == line),
            "{line}\n{}",
            inbox[0]
        );
    }
    assert_eq!(queue.counters().read().reports, 1);
}

#[tokio::test(start_paused = true)]
async fn a_delay_is_told_once_and_a_message_given_up_in_the_end() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |_, _| later(451));
    world.send(&["slow@example.net"]).await;
    world.work(&network, hours(5)).await;
    let inbox = world.inbox(world.anna).await;
    assert_eq!(inbox.len(), 1);
    assert!(inbox[0].contains("Action: delayed\r\n"));
    assert!(world.waiting().await[0].standing.delay_told);
    // Whoever starts anew knows that it was told.
    world.work(&network, hours(48)).await;
    assert_eq!(world.inbox(world.anna).await.len(), 1);
    world.work(&network, DAYS_6).await;
    let inbox = world.inbox(world.anna).await;
    assert_eq!(inbox.len(), 2);
    assert!(inbox[1].contains("Action: failed\r\nStatus: 4.0.0\r\n"));
    assert!(world.waiting().await.is_empty());
    let attempts = network.deliveries();
    assert!((20..60).contains(&attempts), "{attempts}");
}

#[tokio::test(start_paused = true)]
async fn one_notice_names_all_who_wait_wherever_they_are() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |path, _| match path {
        "quick@fast.example" => taken(),
        "full@one.example" => later(452),
        "slow@two.example" => later(451),
        _ => dead(),
    });
    let to = [
        "quick@fast.example",
        "full@one.example",
        "slow@two.example",
        "lost@three.example",
    ];
    world.send(&to).await;
    world.work(&network, hours(6)).await;
    let inbox = world.inbox(world.anna).await;
    assert_eq!(inbox.len(), 1, "{inbox:#?}");
    let notice = &inbox[0];
    assert!(!notice.contains("quick@fast.example"), "{notice}");
    assert_eq!(notice.matches("Action: delayed\r\n").count(), 3);
    assert_eq!(notice.matches("Will-Retry-Until: ").count(), 3);
    // RFC 3464 2.3: each with what was said of it.
    for (recipient, said) in [
        ("full@one.example", "Diagnostic-Code: smtp; 452 try again"),
        ("slow@two.example", "Diagnostic-Code: smtp; 451 try again"),
        ("lost@three.example", "Diagnostic-Code: x-wachpost; "),
    ] {
        let (_, fields) = notice
            .split_once(&format!("Final-Recipient: rfc822; {recipient}\r\n"))
            .unwrap_or_else(|| panic!("{recipient}\n{notice}"));
        let fields = fields.split("\r\n\r\n").next().unwrap();
        assert!(fields.contains(said), "{recipient}: {fields}");
        assert!(fields.contains("Last-Attempt-Date: "), "{fields}");
        let prose = notice.split("message/delivery-status").next().unwrap();
        assert!(prose.contains(&format!("<{recipient}>")), "{prose}");
    }
    // A new life of the server knows that it was told.
    world.work(&network, hours(12)).await;
    assert_eq!(world.inbox(world.anna).await.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_wants_to_hear_of_no_delay_is_in_no_notice_of_it() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |_, _| later(451));
    let only_failure = DsnNotify {
        failure: true,
        ..DsnNotify::default()
    };
    let to = ["a@one.example", "b@two.example"];
    world
        .send_with(&to, Some(only_failure), QueueStanding::default())
        .await;
    world.work(&network, hours(6)).await;
    assert!(world.inbox(world.anna).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_of_a_notification() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |path, _| match path {
        "stranger@example.net" => never(550),
        _ => taken(),
    });
    let report = groupware::SenderReport {
        to: "stranger@example.net".into(),
        message: world
            .groupware
            .prepare(b"Subject: x\r\n\r\nx\r\n".to_vec())
            .await
            .unwrap(),
        eight_bit: false,
        smtputf8: false,
    };
    world
        .groupware
        .send_report(world.anna.into(), &report)
        .await
        .unwrap();
    assert_eq!(world.waiting().await[0].item.reverse_path, "");
    world.work(&network, Duration::from_secs(10)).await;
    assert!(world.waiting().await.is_empty());
    assert_eq!(network.deliveries(), 1);
    assert!(world.inbox(world.anna).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn who_asked_for_nothing_hears_nothing_and_who_asked_for_success_hears_of_it() {
    let world = World::new().await;
    let network = Network::new(&world.clock, |path, _| match path {
        "gone@example.net" => never(550),
        "dsn@example.net" => RecipientResult::Delivered {
            host: "mx.example.net".into(),
            reply: egress::wire::SmtpReply {
                code: 250,
                enhanced: Some((2, 1, 5)),
                text: "ok".into(),
            },
            dsn: true,
        },
        _ => taken(),
    });
    let never_tell = DsnNotify {
        never: true,
        ..DsnNotify::default()
    };
    world
        .send_with(
            &["gone@example.net"],
            Some(never_tell),
            QueueStanding::default(),
        )
        .await;
    let success = DsnNotify {
        success: true,
        ..DsnNotify::default()
    };
    let to = ["ok@example.net", "dsn@example.net", "gone@example.net"];
    world
        .send_with(&to, Some(success), QueueStanding::default())
        .await;
    world.work(&network, Duration::from_secs(10)).await;
    assert!(world.waiting().await.is_empty());
    let inbox = world.inbox(world.anna).await;
    assert_eq!(inbox.len(), 1);
    assert!(inbox[0].contains("Final-Recipient: rfc822; ok@example.net\r\nAction: relayed\r\n"));
    assert!(!inbox[0].contains("Final-Recipient: rfc822; dsn@example.net"));
    assert!(!inbox[0].contains("Final-Recipient: rfc822; gone@example.net"));
}

#[tokio::test(start_paused = true)]
async fn success_here_is_told_to_those_who_asked() {
    let world = World::new().await;
    let recipient = |notify| model::QueuedRecipient {
        forward_path: "bert@example.org".into(),
        notify,
        original: None,
    };
    let success = DsnNotify {
        success: true,
        ..DsnNotify::default()
    };
    for (notify, reverse_path) in [
        (None, "anna@example.org"),
        (Some(success), ""),
        (Some(success), "anna@example.org"),
        (Some(success), "far@example.net"),
    ] {
        let recipients = [recipient(notify)];
        let delivered = transport::DeliveredHere {
            host: "mail.example.org",
            reverse_path,
            envelope_id: None,
            dsn_return: None,
            recipients: &recipients,
            message: b"Subject: x\r\n\r\nx\r\n",
            account: world.bert.into(),
            random: 1,
        };
        transport::report_delivered(&world.groupware, &delivered)
            .await
            .unwrap();
    }
    let inbox = world.inbox(world.anna).await;
    assert_eq!(inbox.len(), 1);
    assert!(inbox[0].contains("Action: delivered\r\nStatus: 2.1.5\r\n"));
    let waiting = world.waiting().await;
    assert_eq!(waiting.len(), 1);
    assert_eq!(waiting[0].item.reverse_path, "");
    assert_eq!(
        waiting[0].item.recipients[0].forward_path,
        "far@example.net"
    );
}

#[tokio::test(start_paused = true)]
async fn a_full_inbox_keeps_nobody_from_settling() {
    let world = World::new().await;
    let actor = model::Actor::system();
    world
        .groupware
        .directory()
        .set_quota(&actor, world.anna, Some(1))
        .await
        .unwrap();
    let network = Network::new(&world.clock, |_, _| never(550));
    // Her account takes over the quota when it is made.
    world.send(&["gone@example.net"]).await;
    world.work(&network, Duration::from_secs(10)).await;
    assert!(world.waiting().await.is_empty());
    assert!(world.inbox(world.anna).await.is_empty());
}
