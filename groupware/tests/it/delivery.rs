//! Delivery and submission: who gets the message, who does not, and in how many writes.

use std::ops::ControlFlow;

use groupware::{Accepted, Arrival, Claim, Delivered, Delivery, Error, Recipient, Submission};
use model::{
    AccountId, Actor, EmailId, EmailMeta, PrincipalId, QueueId, QueuedRecipient, Rights, Role,
};

use crate::world::{World, caller};

fn recipient(forward_path: &str) -> QueuedRecipient {
    QueuedRecipient {
        forward_path: forward_path.into(),
        notify: None,
        original: None,
    }
}

async fn submission(world: &World, reverse_path: &str, recipients: &[&str]) -> Submission {
    Submission {
        reverse_path: reverse_path.into(),
        recipients: recipients.iter().map(|path| recipient(path)).collect(),
        message: world.prepared("news").await,
        envelope_id: None,
        dsn_return: None,
        smtputf8: false,
        require_tls: false,
        standing: model::QueueStanding::default(),
    }
}

fn emails_in_inbox(world: &World, principal: PrincipalId) -> u32 {
    let head = world
        .store
        .engine()
        .head(AccountId::from(principal))
        .unwrap();
    head.map_or(0, |head| head.with_role(Role::Inbox).unwrap().totals.emails)
}

#[tokio::test]
async fn one_message_reaches_all_but_the_one_over_quota() {
    let world = World::new().await;
    let large = vec![b'x'; 6_000];
    let delivery = Delivery {
        reverse_path: "stranger@example.net".into(),
        recipients: [
            world.anna,
            world.bert,
            PrincipalId(99),
            world.cora,
            world.anna,
        ]
        .map(Recipient::from)
        .to_vec(),
        message: world.groupware.prepare(large).await.unwrap(),
        arrival: Arrival::default(),
    };
    let answers = world.groupware.deliver(&Actor::system(), &delivery).await;
    assert_eq!(
        answers,
        [
            Ok(Delivered::Done),
            Err(Error::OverQuota),
            Err(Error::NotFound),
            Ok(Delivered::Done),
            Ok(Delivered::Done)
        ]
    );
    assert_eq!(emails_in_inbox(&world, world.anna), 1);
    assert_eq!(emails_in_inbox(&world, world.bert), 0);
    assert_eq!(emails_in_inbox(&world, world.cora), 1);
    assert_eq!(world.engine.blob_count(), 1);
    let bert = caller(world.bert);
    let quota = world.groupware.quota(&bert, world.bert.into());
    assert_eq!(quota.await.unwrap().limit_octets, Some(5_000));
    world.engine.check().unwrap();
}

/// A message that was made ready to be sent only.
async fn to_send(world: &World, recipients: &[&str]) -> (Submission, Vec<u8>) {
    let octets = b"Subject: quokkas\r\nMessage-ID: <q@example.org>\r\n\r\nnews\r\n".to_vec();
    let message = world.groupware.prepare_to_send(octets.clone()).await;
    let submission = Submission {
        message: message.unwrap(),
        ..submission(world, "anna@example.org", recipients).await
    };
    (submission, octets)
}

#[tokio::test]
async fn what_was_to_be_sent_only_is_read_when_somebody_here_gets_it() {
    let world = World::new().await;
    let (sent, octets) = to_send(&world, &["bert@example.org", "far@example.net"]).await;
    let done = world.groupware.submit(&caller(world.anna), sent).await;
    assert_eq!(
        done.unwrap(),
        [Ok(Accepted::Delivered), Ok(Accepted::Queued(QueueId(1)))]
    );
    let engine = world.store.engine();
    let queue = engine.queue(None, 10).unwrap();
    assert_eq!(engine.blob(queue[0].item.blob).unwrap(), octets);
    assert_eq!(world.engine.blob_count(), 1);
    let head = engine.head(world.bert.into()).unwrap().unwrap();
    let inbox = head.with_role(Role::Inbox).unwrap().id;
    let rows = engine.rows(world.bert.into(), inbox, &crate::world::all());
    let mut subjects = Vec::new();
    let mut each = |_: EmailId, meta: &[u8]| {
        let meta = EmailMeta::decode(meta).unwrap();
        subjects.push(meta.headers.subject.map(str::to_owned));
        ControlFlow::Continue(())
    };
    let email = rows.unwrap()[0].email;
    engine
        .metas(world.bert.into(), &[email], &mut each)
        .unwrap();
    assert_eq!(subjects, [Some("quokkas".to_owned())]);
}

#[tokio::test]
async fn what_is_queued_is_claimed_from_memory_and_from_the_store() {
    let world = World::new().await;
    let watch = world.groupware.watch_queue();
    let (sent, octets) = to_send(&world, &["far@example.net", "anna@example.org"]).await;
    let anna = caller(world.anna);
    world.groupware.submit(&anna, sent).await.unwrap();
    let account = AccountId::from(world.anna);
    for _ in 0..2 {
        let claim = world.groupware.claim_blocking(account, QueueId(1), None);
        let Ok(Claim::Ready(claimed)) = claim else {
            panic!("{claim:?}");
        };
        assert_eq!(*claimed.message, octets);
        assert!(claimed.here.is_empty(), "only who is elsewhere is queued");
    }
    let gone = world.groupware.claim_blocking(account, QueueId(2), None);
    assert!(matches!(gone, Ok(Claim::Gone)));
    drop(watch);
}

#[tokio::test]
async fn a_submission_is_delivered_here_and_queued_for_elsewhere() {
    let world = World::new().await;
    let paths = [
        "bert@example.org",
        "far@example.net",
        "nobody@example.org",
        "sales@example.org",
        "farther@example.com",
    ];
    let sent = submission(&world, "anna@example.org", &paths).await;
    let answers = world
        .groupware
        .submit(&caller(world.anna), sent)
        .await
        .unwrap();
    assert_eq!(
        answers,
        [
            Ok(Accepted::Delivered),
            Ok(Accepted::Queued(QueueId(1))),
            Err(Error::NotFound),
            Ok(Accepted::Delivered),
            Ok(Accepted::Queued(QueueId(1))),
        ]
    );
    assert_eq!(emails_in_inbox(&world, world.bert), 1);
    let queue = world.store.engine().queue(None, 10).unwrap();
    assert_eq!(queue.len(), 1);
    assert_eq!(queue[0].account, AccountId::from(world.anna));
    assert_eq!(queue[0].item.recipients.len(), 2);
    assert_eq!(world.engine.blob_count(), 1);
}

#[tokio::test]
async fn nobody_sends_in_the_name_of_another() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let foreign = submission(&world, "bert@example.org", &["far@example.net"]).await;
    let refused = world.groupware.submit(&anna, foreign).await;
    assert_eq!(refused, Err(Error::Forbidden));

    // Being allowed to file into somebody's inbox does not make one them.
    let bert = world.place(world.bert, Role::Inbox).await;
    world.share(bert, Some(world.anna), Rights::ALL).await;
    assert!(
        !world
            .groupware
            .may_send_as(&anna, "bert@example.org")
            .await
            .unwrap()
    );

    assert!(
        !world
            .groupware
            .may_send_as(&anna, "desk@example.org")
            .await
            .unwrap()
    );
    let desk = world.place(world.desk, Role::Inbox).await;
    let rights = Rights::LOOKUP.with(Rights::INSERT);
    world.share(desk, Some(world.anna), rights).await;
    assert!(
        world
            .groupware
            .may_send_as(&anna, "desk@example.org")
            .await
            .unwrap()
    );
    assert!(world.groupware.may_send_as(&anna, "").await.unwrap());
}
