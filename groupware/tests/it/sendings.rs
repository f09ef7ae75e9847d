//! Sending with a memory: what is remembered, what waits, what is taken back, what is forgotten; identities.

use groupware::{
    AuthorFault, DeliveryState, EnvelopeAddress, Error, Identity, IdentityFault, IdentityText,
    NewSending, OwnEnvelope, Place, QueueStep, RecordKind, SENT_KEPT_FOR_MS, SendFault,
    SenderReport, Settlement, Submission, UndoStatus,
};
use model::{
    AccountId, Actor, EmailId, ObjectId, QueueId, QueueStanding, QueuedRecipient, Rights, Role,
    ThreadId,
};

use crate::world::{World, caller};

async fn sending(world: &World, recipients: &[&str], delay_s: Option<i64>) -> NewSending {
    let address = |email: &&str| EnvelopeAddress {
        email: (*email).to_owned(),
        parameters: None,
    };
    let queued = |email: &&str| QueuedRecipient {
        forward_path: (*email).to_owned(),
        notify: None,
        original: None,
    };
    let now = world.groupware.clock().now();
    NewSending {
        submission: Submission {
            reverse_path: "anna@example.org".into(),
            recipients: recipients.iter().map(queued).collect(),
            message: world.prepared("news").await,
            envelope_id: None,
            dsn_return: None,
            smtputf8: false,
            require_tls: false,
            standing: QueueStanding {
                release_at: delay_s.map(|seconds| now.plus_ms(seconds * 1_000)),
                ..QueueStanding::default()
            },
        },
        identity: ObjectId(7),
        email: EmailId(3),
        thread: ThreadId(2),
        mail_from: address(&"anna@example.org"),
        recipients: recipients.iter().map(address).collect(),
        copy: None,
    }
}

async fn inbox(world: &World, person: model::PrincipalId) -> u32 {
    let head = world.groupware.open_own(&caller(person)).await.unwrap();
    head.with_role(Role::Inbox).unwrap().totals.emails
}

#[tokio::test]
async fn what_is_sent_is_remembered_in_the_same_write() {
    let world = World::new().await;
    let (anna, account) = (caller(world.anna), AccountId::from(world.anna));
    let first = world.groupware.open_own(&anna).await.unwrap().seq;
    let new = sending(&world, &["cora@example.org", "far@example.net"], None).await;
    let sending = world.groupware.send(&anna, new).await.unwrap();
    let head = world.groupware.open_own(&anna).await.unwrap();
    assert_eq!(head.seq, first.next(), "one entry for queue and record");
    assert_eq!(sending.until, RecordKind::Submission.changed(&head));
    let states: Vec<_> = sending
        .status
        .recipients
        .iter()
        .map(|it| it.delivered)
        .collect();
    assert_eq!(states, [DeliveryState::Yes, DeliveryState::Queued]);
    assert_eq!(sending.status.undo, UndoStatus::Final);
    let (all, until) = world.groupware.sent(&anna, account).await.unwrap();
    assert_eq!(all, std::slice::from_ref(&sending.status));
    assert_eq!(until, sending.until);
    assert_eq!(inbox(&world, world.cora).await, 1);
    // Whoever sends to itself has entries in one account for both.
    let new = self::sending(&world, &["anna@example.org", "far@example.net"], None).await;
    world.groupware.send(&anna, new).await.unwrap();
    assert_eq!(inbox(&world, world.anna).await, 1);
    // What went out is not known to have arrived.
    let queue = world.store.engine().queue(None, 10).unwrap();
    for queued in &queue {
        world
            .groupware
            .cancel_queued(&Actor::system(), account, queued.item.id)
            .await
            .unwrap();
    }
    let (all, _) = world.groupware.sent(&anna, account).await.unwrap();
    assert_eq!(all[0].recipients[1].delivered, DeliveryState::Unknown);
    world.engine.check().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn several_send_at_the_same_time() {
    let world = World::new().await;
    let (anna, account) = (caller(world.anna), AccountId::from(world.anna));
    let mut tasks = Vec::new();
    for _ in 0..4 {
        let (groupware, anna) = (world.groupware.clone(), anna.clone());
        let new = sending(&world, &["cora@example.org", "far@example.net"], None).await;
        tasks.push(tokio::spawn(async move {
            for _ in 0..5 {
                groupware.send(&anna, new.clone()).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let (all, _) = world.groupware.sent(&anna, account).await.unwrap();
    let mut queued: Vec<_> = all.iter().filter_map(|it| it.sent.queue).collect();
    queued.sort_unstable();
    queued.dedup();
    assert_eq!((all.len(), queued.len()), (20, 20));
    assert_eq!(world.store.engine().queue(None, 100).unwrap().len(), 20);
    assert_eq!(inbox(&world, world.cora).await, 20);
}

#[tokio::test]
async fn a_message_with_an_unknown_recipient_reaches_nobody() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let new = sending(&world, &["cora@example.org", "nobody@example.org"], None).await;
    let refused = world.groupware.send(&anna, new).await;
    let expected = SendFault::Recipients(vec!["nobody@example.org".into()]);
    assert_eq!(refused, Err(expected));
    assert_eq!(inbox(&world, world.cora).await, 0);
    let (all, _) = world
        .groupware
        .sent(&anna, world.anna.into())
        .await
        .unwrap();
    assert!(all.is_empty());
}

#[tokio::test]
async fn what_a_full_mailbox_refuses_is_told() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let text = "x".repeat(6_000);
    let large = world.prepared(&text).await;
    let mut new = sending(&world, &["bert@example.org", "cora@example.org"], None).await;
    new.submission.message = large.clone();
    let sending = world.groupware.send(&anna, new).await.unwrap();
    let states: Vec<_> = sending
        .status
        .recipients
        .iter()
        .map(|it| it.delivered)
        .collect();
    assert_eq!(states, [DeliveryState::No, DeliveryState::Yes]);
    assert!(sending.status.recipients[0].reply.starts_with("552"));
    let mut new = self::sending(&world, &["bert@example.org"], None).await;
    new.submission.message = large;
    let refused = world.groupware.send(&anna, new).await;
    assert_eq!(refused, Err(SendFault::Failed(Error::OverQuota)));
    let (all, _) = world
        .groupware
        .sent(&anna, world.anna.into())
        .await
        .unwrap();
    assert_eq!(all, [sending.status]);
}

#[tokio::test]
async fn what_waits_reaches_nobody_and_is_taken_back_with_one_write() {
    let world = World::new().await;
    let (anna, account) = (caller(world.anna), AccountId::from(world.anna));
    let mut ids = Vec::new();
    for _ in 0..2 {
        let new = sending(&world, &["cora@example.org"], Some(60)).await;
        let sending = world.groupware.send(&anna, new).await.unwrap();
        assert_eq!(sending.status.undo, UndoStatus::Pending);
        ids.push(sending.status.id);
    }
    assert_eq!(inbox(&world, world.cora).await, 0);
    let before = world.groupware.open_own(&anna).await.unwrap().seq;
    world
        .groupware
        .unsend(&anna, account, ids[0])
        .await
        .unwrap();
    let after = world.groupware.open_own(&anna).await.unwrap().seq;
    assert_eq!(after, before.next());
    world
        .groupware
        .unsend(&anna, account, ids[0])
        .await
        .unwrap();
    assert_eq!(world.store.engine().queue(None, 10).unwrap().len(), 1);
    // From its time on somebody may be sending it.
    world.clock.advance_ms(60_000);
    let late = world.groupware.unsend(&anna, account, ids[1]).await;
    assert_eq!(late, Err(Error::Forbidden));
    let (all, _) = world.groupware.sent(&anna, account).await.unwrap();
    let undo: Vec<_> = all.iter().map(|it| it.undo).collect();
    assert_eq!(undo, [UndoStatus::Canceled, UndoStatus::Final]);
    assert_eq!(all[0].recipients[0].delivered, DeliveryState::No);
    let unknown = world.groupware.unsend(&anna, account, ObjectId(999)).await;
    assert_eq!(unknown, Err(Error::NotFound));
    let cora = caller(world.cora);
    let foreign = world.groupware.unsend(&cora, account, ids[1]);
    assert_eq!(foreign.await, Err(Error::NotFound));
    // What is old is forgotten, unless it still waits.
    world.clock.advance_ms(SENT_KEPT_FOR_MS + 1);
    let (all, _) = world.groupware.sent(&anna, account).await.unwrap();
    let left: Vec<_> = all.iter().map(|it| it.id).collect();
    assert_eq!(left, [ids[1]]);
}

/// The place where the desk keeps what was sent, open to Anna.
async fn sent_of_desk(world: &World) -> Place {
    let at = world.place(world.desk, Role::Sent).await;
    let rights = Rights::LOOKUP.with(Rights::READ).with(Rights::INSERT);
    world.share(at, Some(world.anna), rights).await;
    at
}

async fn emails_at(world: &World, at: Place) -> u32 {
    let owner = caller(at.account.into());
    let head = world.groupware.open_own(&owner).await.unwrap();
    head.mailboxes[&at.mailbox].totals.emails
}

/// A message of the first email in Anna's drafts that waits a minute, with a copy for the desk.
async fn waiting(world: &World, at: Place) -> (ObjectId, QueueId) {
    let drafts = world.place(world.anna, Role::Drafts).await;
    let email = world.add(drafts, &["plans"], &[]).await[0].email;
    let mut new = sending(world, &["far@example.net"], Some(60)).await;
    (new.email, new.copy) = (email, Some(at));
    let anna = caller(world.anna);
    let sending = world.groupware.send(&anna, new).await.unwrap();
    let queue = QueueId(sending.status.sent.queue.unwrap());
    (sending.status.id, queue)
}

fn settled(world: &World, id: QueueId, report: Option<SenderReport>) -> Settlement {
    Settlement {
        account: world.anna.into(),
        id,
        step: QueueStep::Settled(vec![0]),
        report,
    }
}

async fn settle(world: &World, settlement: Settlement) {
    let mut done = world.groupware.settle(&[settlement]).await;
    done.remove(0).unwrap();
}

#[tokio::test]
async fn the_copy_for_others_lies_there_once_the_message_is_sent() {
    let world = World::new().await;
    let at = sent_of_desk(&world).await;
    let (_, queue) = waiting(&world, at).await;
    assert_eq!(emails_at(&world, at).await, 0, "it was not sent yet");
    world.clock.advance_ms(60_000);
    let delay = Settlement {
        step: QueueStep::Held("for a test".into()),
        ..settled(&world, queue, None)
    };
    settle(&world, delay).await;
    assert_eq!(emails_at(&world, at).await, 0, "it is held");
    settle(&world, settled(&world, queue, None)).await;
    assert_eq!(emails_at(&world, at).await, 1);
    let anna = caller(world.anna);
    let account = AccountId::from(world.anna);
    let (all, _) = world.groupware.sent(&anna, account).await.unwrap();
    assert!(all[0].sent.copy.unwrap().is_filed);
    world.engine.check().unwrap();
}

#[tokio::test]
async fn what_is_taken_back_leaves_no_copy_and_a_copy_that_cannot_be_filed_keeps_nothing() {
    let world = World::new().await;
    let at = sent_of_desk(&world).await;
    let (anna, account) = (caller(world.anna), AccountId::from(world.anna));
    let (id, _) = waiting(&world, at).await;
    world.groupware.unsend(&anna, account, id).await.unwrap();
    assert_eq!(emails_at(&world, at).await, 0);
    // Their right was taken meanwhile; the message is settled all the same, and its sender is told what is to be told.
    let (_, queue) = waiting(&world, at).await;
    world.share(at, Some(world.anna), Rights::NONE).await;
    let report = SenderReport {
        to: "anna@example.org".into(),
        message: world.prepared("failed").await,
        eight_bit: false,
        smtputf8: false,
    };
    settle(&world, settled(&world, queue, Some(report.clone()))).await;
    assert_eq!(emails_at(&world, at).await, 0);
    assert_eq!(inbox(&world, world.anna).await, 1);
    // A notice and a copy for one and the same account are one write of it.
    let at = sent_of_desk(&world).await;
    let (_, queue) = waiting(&world, at).await;
    let report = SenderReport {
        to: "desk@example.org".into(),
        ..report
    };
    settle(&world, settled(&world, queue, Some(report))).await;
    assert_eq!(emails_at(&world, at).await, 1);
    assert_eq!(inbox(&world, world.desk).await, 1);
    world.engine.check().unwrap();
}

#[tokio::test]
async fn a_copy_goes_only_where_the_sender_may_put_it() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let foreign = world.place(world.desk, Role::Sent).await;
    let own = world.place(world.anna, Role::Sent).await;
    for place in [foreign, own] {
        let mut new = sending(&world, &["cora@example.org"], None).await;
        new.copy = Some(place);
        let refused = world.groupware.send(&anna, new).await;
        assert_eq!(refused, Err(SendFault::NoCopy));
    }
    assert_eq!(inbox(&world, world.cora).await, 0, "nothing was sent");
}

#[tokio::test]
async fn a_message_leaves_complete_and_in_a_name_of_ones_own() {
    let world = World::new().await;
    let anna = caller(world.anna);
    let out = |text: &str| {
        let message = text.replace('\n', "\r\n").into_bytes();
        let (groupware, anna) = (world.groupware.clone(), anna.clone());
        async move {
            let ready = groupware.outgoing(&anna, &message, "1@here").await;
            ready.map(|ready| String::from_utf8(ready).unwrap())
        }
    };
    let ready = out("From: anna@example.org\nBcc: b@x,\n c@x\nSubject: x\n\nBcc: text\n").await;
    assert_eq!(
        ready.unwrap(),
        "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\nMessage-ID: <1@here>\r\nFrom: anna@example.org\r\nSubject: x\r\n\r\nBcc: text\r\n"
    );
    for unclear in [
        "Subject: x\n\n",
        "From: anna@example.org\nFrom: bert@example.org\n\n",
        "From: anna@example.org\nSender: a@x, b@x\n\n",
    ] {
        assert_eq!(out(unclear).await, Err(AuthorFault::Unclear), "{unclear}");
    }
    for foreign in [
        "From: bert@example.org\n\n",
        "From: anna@example.org, bert@example.org\n\n",
        "From: anna@example.org\nSender: bert@example.org\n\n",
    ] {
        assert_eq!(out(foreign).await, Err(AuthorFault::Forbidden), "{foreign}");
    }
    let own =
        OwnEnvelope::of(b"From: a@x, b@x\r\nTo: G: c@x, D <d@x>;\r\nCc: C@X\r\nBcc: e@x\r\n\r\n");
    assert_eq!(own.mail_from.as_deref(), Some("a@x"));
    assert_eq!(own.recipients, ["c@x", "d@x", "e@x"]);
}

#[tokio::test]
async fn identities_follow_addresses() {
    let world = World::new().await;
    let (bert, account) = (caller(world.bert), AccountId::from(world.bert));
    let emails = || async {
        let (all, _) = world.groupware.identities(&bert, account).await.unwrap();
        all.into_iter().map(|it| it.text.email).collect::<Vec<_>>()
    };
    assert_eq!(emails().await, ["bert@example.org", "sales@example.org"]);
    let directory = world.groupware.directory();
    let system = Actor::system();
    directory
        .set_alias(&system, "b@example.org", world.bert)
        .await
        .unwrap();
    let (before, after) = (emails().await, emails().await);
    assert_eq!(before.len(), 3);
    assert_eq!(before, after, "nothing is made twice");
    directory
        .remove_alias(&system, "b@example.org")
        .await
        .unwrap();
    assert_eq!(emails().await.len(), 2);
    let text = |email: &str| IdentityText {
        email: email.into(),
        name: "Bert".into(),
        is_given: true,
        ..IdentityText::default()
    };
    let create = |email: &str| world.groupware.create_identity(&bert, account, text(email));
    let refused = create("anna@example.org").await;
    assert_eq!(refused, Err(IdentityFault::ForbiddenFrom));
    let Identity { id, .. } = create("bert@example.org").await.unwrap();
    let made = world.groupware.identity(&bert, account, id).await.unwrap();
    assert!(made.may_delete(), "nobody says that for himself");
    let (all, _) = world.groupware.identities(&bert, account).await.unwrap();
    let kept = world.groupware.destroy_identity(&bert, account, all[0].id);
    assert_eq!(kept.await, Err(Error::Forbidden));
    world
        .groupware
        .destroy_identity(&bert, account, id)
        .await
        .unwrap();
    let anna = caller(world.anna);
    let foreign = world.groupware.identities(&anna, account);
    assert_eq!(foreign.await.unwrap_err(), Error::NotFound);
}
