//! Emails changed, moved, destroyed and copied by their numbers, many at once.

use groupware::{
    EmailChanges, EmailCopy, EmailUpdate, Error, KeywordUpdate, MailboxWish, NewMessage, Place,
};
use model::{EmailId, MailboxId, Rights, Role, Uid};

use crate::world::{World, caller, named};

fn patch(add: &[&str], remove: &[&str]) -> EmailUpdate {
    EmailUpdate {
        keywords: Some(KeywordUpdate::Patch {
            add: named(add),
            remove: named(remove),
        }),
        mailbox: None,
    }
}

fn replace(keywords: &[&str], mailbox: Option<MailboxId>) -> EmailUpdate {
    EmailUpdate {
        keywords: Some(KeywordUpdate::Replace(named(keywords))),
        mailbox: mailbox.map(MailboxWish::Only),
    }
}

fn moved(mailbox: MailboxId) -> EmailUpdate {
    EmailUpdate {
        keywords: None,
        mailbox: Some(MailboxWish::Only(mailbox)),
    }
}

async fn entries(world: &World) -> u64 {
    let head = world.groupware.open_own(&caller(world.anna)).await.unwrap();
    head.seq.0
}

#[tokio::test]
async fn many_wishes_are_a_few_entries() {
    let world = World::new().await;
    let inbox = world.place(world.anna, Role::Inbox).await;
    let trash = world.place(world.anna, Role::Trash).await;
    let names: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let added = world.add(inbox, &names, &["$flagged"]).await;
    let before = entries(&world).await;
    let wish = |at: usize| match at % 4 {
        0 => patch(&["$seen"], &["$flagged"]),
        1 => replace(&["work"], Some(trash.mailbox)),
        _ => moved(trash.mailbox),
    };
    let changes = EmailChanges {
        update: (0..150).map(|at| (added[at].email, wish(at))).collect(),
        destroy: added[150..]
            .iter()
            .map(|it| it.email)
            .chain([EmailId(9_999)])
            .collect(),
    };
    let anna = caller(world.anna);
    let done = world
        .groupware
        .change_emails(&anna, inbox.account, &changes)
        .await
        .unwrap();
    assert!(done.updated.iter().all(Result::is_ok));
    assert!(done.destroyed[..50].iter().all(Result::is_ok));
    assert_eq!(done.destroyed[50], Err(Error::NotFound));
    assert_eq!(entries(&world).await, before + 4);
    assert_eq!(world.keywords(inbox, 1).await, ["$seen"]);
    // The first that moved was the second of all.
    assert_eq!(world.keywords(trash, 1).await, ["work"]);
    let head = world.groupware.open_own(&anna).await.unwrap();
    assert_eq!(head.mailboxes[&inbox.mailbox].totals.emails, 38);
    assert_eq!(head.mailboxes[&trash.mailbox].totals.emails, 112);
}

#[tokio::test]
async fn each_email_changes_as_a_whole_or_not_at_all() {
    let world = World::new().await;
    let inbox = world.place(world.anna, Role::Inbox).await;
    let trash = world.place(world.anna, Role::Trash).await;
    let added = world.add(inbox, &["a", "b"], &["$flagged"]).await;
    let rights = Rights::LOOKUP.with(Rights::READ).with(Rights::SEEN);
    world.share(inbox, Some(world.bert), rights).await;
    let bert = caller(world.bert);
    let change = |update: Vec<(EmailId, EmailUpdate)>, destroy: Vec<EmailId>| {
        let changes = EmailChanges { update, destroy };
        let (groupware, bert) = (world.groupware.clone(), bert.clone());
        async move {
            groupware
                .change_emails(&bert, inbox.account, &changes)
                .await
                .unwrap()
        }
    };
    let (a, b) = (added[0].email, added[1].email);
    let done = change(
        vec![
            (a, replace(&["$seen", "$flagged"], None)),
            (b, patch(&["$seen", "x"], &[])),
        ],
        vec![],
    )
    .await;
    assert_eq!(done.updated, [Ok(()), Err(Error::Forbidden)]);
    assert_eq!(world.keywords(inbox, 1).await, ["$seen", "$flagged"]);
    assert_eq!(world.keywords(inbox, 2).await, ["$flagged"]);
    let done = change(vec![(a, moved(trash.mailbox))], vec![b]).await;
    assert_eq!(done.updated, [Err(Error::Forbidden)]);
    assert_eq!(done.destroyed, [Err(Error::Forbidden)]);
    // What is in a mailbox that is not shared is not there.
    let hidden = world.add(trash, &["c"], &[]).await[0].email;
    let done = change(vec![(hidden, patch(&["$seen"], &[]))], vec![hidden]).await;
    assert_eq!(done.updated, [Err(Error::NotFound)]);
    assert_eq!(done.destroyed, [Err(Error::NotFound)]);
    // RFC 8621 4.1.1: in one mailbox, no more and no less.
    let patch = |add: &[MailboxId], remove: &[MailboxId]| EmailUpdate {
        keywords: None,
        mailbox: Some(MailboxWish::Patch {
            add: add.to_vec(),
            remove: remove.to_vec(),
        }),
    };
    let anna = caller(world.anna);
    for (wish, answer) in [
        (
            patch(&[trash.mailbox], &[]),
            Err(groupware::SEVERAL_MAILBOXES),
        ),
        (
            patch(&[], &[inbox.mailbox]),
            Err(Error::Invalid {
                field: "mailbox",
                why: "An email has to be in a mailbox.",
            }),
        ),
        (patch(&[trash.mailbox], &[inbox.mailbox]), Ok(())),
    ] {
        let changes = EmailChanges {
            update: vec![(a, wish)],
            destroy: vec![],
        };
        let done = world
            .groupware
            .change_emails(&anna, inbox.account, &changes)
            .await;
        assert_eq!(done.unwrap().updated, [answer]);
    }
    let stranger = world
        .groupware
        .change_emails(&caller(world.cora), inbox.account, &EmailChanges::default())
        .await;
    assert_eq!(stranger, Err(Error::NotFound));
}

#[tokio::test]
async fn too_many_keywords_stop_only_those_that_want_them() {
    let world = World::new().await;
    let inbox = world.place(world.anna, Role::Inbox).await;
    let added = world.add(inbox, &["a", "b"], &[]).await;
    let many: Vec<String> = (0..120).map(|number| format!("k{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let changes = EmailChanges {
        update: vec![
            (added[0].email, replace(&many, None)),
            (added[1].email, patch(&["$seen"], &[])),
        ],
        destroy: vec![],
    };
    let done = world
        .groupware
        .change_emails(&caller(world.anna), inbox.account, &changes)
        .await
        .unwrap();
    assert!(
        matches!(done.updated.as_slice(), [Err(Error::Limit(_)), Ok(())]),
        "{done:?}"
    );
    assert_eq!(world.keywords(inbox, 2).await, ["$seen"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_missed_when_several_change_the_same() {
    let world = World::new().await;
    let inbox = world.place(world.anna, Role::Inbox).await;
    let archive = world.place(world.anna, Role::Archive).await;
    let names: Vec<String> = (0..30).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let emails: Vec<EmailId> = world
        .add(inbox, &names, &[])
        .await
        .iter()
        .map(|added| added.email)
        .collect();
    let anna = caller(world.anna);
    let each = |update: EmailUpdate| {
        let (groupware, anna, emails) = (world.groupware.clone(), anna.clone(), emails.clone());
        async move {
            for email in emails {
                let changes = EmailChanges {
                    update: vec![(email, update.clone())],
                    destroy: vec![],
                };
                let done = groupware
                    .change_emails(&anna, inbox.account, &changes)
                    .await
                    .unwrap();
                assert_eq!(done.updated, [Ok(())]);
            }
        }
    };
    let tasks = [
        tokio::spawn(each(patch(&["$seen"], &[]))),
        tokio::spawn(each(patch(&["one"], &[]))),
        tokio::spawn(each(moved(archive.mailbox))),
        tokio::spawn(each(patch(&["two"], &[]))),
    ];
    for task in tasks {
        task.await.unwrap();
    }
    for uid in 1..=30 {
        let mut keywords = world.keywords(archive, uid).await;
        keywords.sort();
        assert_eq!(keywords, ["$seen", "one", "two"], "of {uid}");
    }
}

#[tokio::test]
async fn copies_to_another_account_succeed_or_fail_each_for_itself() {
    let world = World::new().await;
    let inbox = world.place(world.anna, Role::Inbox).await;
    let there: Place = world.place(world.bert, Role::Inbox).await;
    let added = world.add(inbox, &["a", "b"], &["$seen", "work"]).await;
    let large = world.prepared(&"x".repeat(3_000)).await;
    let anna = caller(world.anna);
    let large = NewMessage {
        message: large,
        keywords: vec![],
        received_at: None,
    };
    let emails = vec![
        (inbox.mailbox, large.clone()),
        (MailboxId(99), large.clone()),
        (inbox.mailbox, large),
    ];
    let more = world
        .groupware
        .add_emails(&anna, inbox.account, emails)
        .await
        .unwrap();
    assert!(matches!(
        more[1],
        Err(Error::Invalid {
            field: "mailbox",
            ..
        })
    ));
    let copy = |email: EmailId| EmailCopy {
        email,
        mailbox: there.mailbox,
        keywords: None,
        received_at: None,
    };
    let copies = vec![
        copy(added[0].email),
        copy(EmailId(500)),
        copy(more[2].as_ref().unwrap().email),
        EmailCopy {
            keywords: Some(named(&["x"])),
            ..copy(added[1].email)
        },
    ];
    let done = world
        .groupware
        .copy_emails(&anna, inbox.account, there.account, copies.clone())
        .await;
    assert_eq!(done, Err(Error::NotFound), "nothing is shared");
    let rights = Rights::LOOKUP.with(Rights::READ).with(Rights::INSERT);
    world.share(there, Some(world.anna), rights).await;
    let done = world
        .groupware
        .copy_emails(&anna, inbox.account, there.account, copies.clone())
        .await
        .unwrap();
    assert_eq!(done[0], Err(Error::Forbidden), "keywords may not be set");
    world.share(there, Some(world.anna), Rights::ALL).await;
    let done = world
        .groupware
        .copy_emails(&anna, inbox.account, there.account, copies)
        .await
        .unwrap();
    assert_eq!(done[0].as_ref().unwrap().added.uid, Uid(1));
    assert_eq!(done[1], Err(Error::NotFound));
    assert_eq!(done[2], Err(Error::OverQuota));
    assert_eq!(world.keywords(there, 1).await, ["$seen", "work"]);
    assert_eq!(world.keywords(there, 2).await, ["x"]);
}
