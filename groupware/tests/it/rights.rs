//! The policy from outside: what strangers, guests and administrators may do with an account.

use groupware::{Error, Groupware, KeywordChange, MailboxUpdate, NewMessage, Place, Scope};
use model::{EmailId, MailboxName, PrincipalId, Rights, Role, Seq};

use crate::world::{World, all, caller, named};

const OPERATIONS: &[&str] = &[
    "mailboxes",
    "mailbox",
    "create",
    "create at the top",
    "update",
    "destroy",
    "subscribe",
    "share",
    "shares",
    "append",
    "keywords",
    "replace keywords",
    "copy out",
    "copy in",
    "move out",
    "expunge",
    "expunge deleted",
    "destroyed",
    "restore",
    "view",
    "metas",
    "messages",
    "changes",
    "changes of all",
    "vanished",
    "watch",
    "quota",
];

/// Tries one operation on somebody's mailbox; what it answers does not matter, only whether it was refused.
async fn attempt(
    world: &World,
    who: PrincipalId,
    place: Place,
    operation: &str,
) -> Result<(), Error> {
    let groupware: &Groupware = &world.groupware;
    let (caller, account, mailbox) = (&caller(who), place.account, place.mailbox);
    let name = MailboxName::try_from("New").unwrap();
    let own = Place {
        account: who.into(),
        mailbox: model::MailboxId(1),
    };
    match operation {
        "mailboxes" => groupware.mailboxes(caller, account).await.map(drop),
        "mailbox" => groupware.mailbox(caller, account, mailbox).await.map(drop),
        "create" => {
            let created = groupware.create_mailbox(caller, account, Some(mailbox), name, None);
            created.await.map(drop)
        }
        "create at the top" => {
            let created = groupware.create_mailbox(caller, account, None, name, None);
            created.await.map(drop)
        }
        "update" => {
            let update = MailboxUpdate {
                parent: None,
                name,
                role: None,
            };
            groupware
                .update_mailbox(caller, account, mailbox, update)
                .await
        }
        "destroy" => {
            groupware
                .destroy_mailbox(caller, account, mailbox, true)
                .await
        }
        "subscribe" => {
            groupware
                .set_subscribed(caller, account, mailbox, true)
                .await
        }
        "share" => {
            let share = groupware.set_share(caller, account, mailbox, Some(who), Rights::ALL);
            share.await
        }
        "shares" => groupware.shares(caller, account, mailbox).await.map(drop),
        "append" => {
            let message = NewMessage {
                message: world.prepared("intruder").await,
                keywords: Vec::new(),
                received_at: None,
            };
            let added = groupware.append(caller, account, mailbox, vec![message]);
            added.await.map(drop)
        }
        "keywords" => {
            let change = KeywordChange::Add(named(&["$seen", "$flagged", "$deleted"]));
            let set = groupware.set_keywords(caller, account, mailbox, all(), change, None);
            set.await.map(drop)
        }
        "replace keywords" => {
            let change = KeywordChange::Replace(Vec::new());
            let set = groupware.set_keywords(caller, account, mailbox, all(), change, None);
            set.await.map(drop)
        }
        "copy out" => groupware.copy(caller, place, all(), own).await.map(drop),
        "copy in" => groupware.copy(caller, own, all(), place).await.map(drop),
        "move out" => groupware
            .move_emails(caller, place, all(), own)
            .await
            .map(drop),
        "expunge" => {
            let gone = groupware.expunge(caller, account, mailbox, all(), false);
            gone.await.map(drop)
        }
        "expunge deleted" => {
            let gone = groupware.expunge(caller, account, mailbox, all(), true);
            gone.await.map(drop)
        }
        "destroyed" => groupware.destroyed(caller, account).await.map(drop),
        "restore" => {
            let restored = groupware.restore(caller, account, vec![EmailId(1)], Some(mailbox));
            restored.await.map(drop)
        }
        "view" => groupware.view(caller, account, mailbox).await.map(drop),
        "metas" => {
            let metas = groupware.metas(caller, account, mailbox, vec![EmailId(1)]);
            metas.await.map(drop)
        }
        "messages" => {
            let messages = groupware.messages(caller, account, mailbox, vec![EmailId(1)]);
            messages.await.map(drop)
        }
        "changes" => {
            let changes = groupware.changes(caller, account, Scope::Mailbox(mailbox), Seq(0));
            changes.await.map(drop)
        }
        "changes of all" => {
            let changes = groupware.changes(caller, account, Scope::Account, Seq(0));
            changes.await.map(drop)
        }
        "vanished" => {
            let vanished = groupware.vanished(caller, account, mailbox, Seq(0));
            vanished.await.map(drop)
        }
        "watch" => groupware.watch(caller, account).await.map(drop),
        "quota" => groupware.quota(caller, account).await.map(drop),
        other => panic!("{other} is no operation"),
    }
}

/// Anna's archive with one email in it, one destroyed; the guests have accounts with an email, too.
async fn archive(world: &World) -> Place {
    for guest in [world.bert, world.cora] {
        let own = world.place(guest, Role::Inbox).await;
        world.add(own, &["own"], &[]).await;
    }
    let place = world.place(world.anna, Role::Archive).await;
    world.add(place, &["gone", "there"], &[]).await;
    let anna = caller(world.anna);
    let first = model::NumberSet::range(1, 1);
    world
        .groupware
        .expunge(&anna, place.account, place.mailbox, first, false)
        .await
        .unwrap();
    place
}

#[tokio::test]
async fn nothing_of_a_foreign_account_is_there_for_strangers_and_administrators() {
    let world = World::new().await;
    let place = archive(&world).await;
    let before = world.store.engine().head(place.account).unwrap();
    for who in [world.bert, world.cora] {
        for operation in OPERATIONS {
            let refused = attempt(&world, who, place, operation).await;
            assert_eq!(refused, Err(Error::NotFound), "{operation} by {who}");
        }
    }
    assert_eq!(world.store.engine().head(place.account).unwrap(), before);
}

#[tokio::test]
async fn whoever_is_not_signed_in_may_do_nothing() {
    let world = World::new().await;
    let place = archive(&world).await;
    let nobody = groupware::Caller::new(model::Actor::system());
    let view = world.groupware.view(&nobody, place.account, place.mailbox);
    assert_eq!(view.await.map(drop), Err(Error::Forbidden));
    let directory = model::AccountId::DIRECTORY;
    let cora = caller(world.cora);
    let listed = world.groupware.mailboxes(&cora, directory);
    assert_eq!(listed.await.map(drop), Err(Error::NotFound));
}

/// RFC 4314 4: the rights that each operation needs beside `LOOKUP`.
fn needed(operation: &str) -> Rights {
    match operation {
        "mailboxes" | "mailbox" | "subscribe" | "destroyed" | "changes of all" | "watch"
        | "quota" => Rights::NONE,
        "create" => Rights::CREATE,
        "destroy" => Rights::DELETE_MAILBOX,
        "share" | "shares" => Rights::ADMINISTER,
        "append" | "copy in" => Rights::INSERT,
        "restore" => Rights::INSERT.with(Rights::READ),
        "keywords" | "replace keywords" => Rights::SEEN,
        "copy out" | "view" | "metas" | "messages" | "changes" | "vanished" => Rights::READ,
        "move out" => Rights::READ
            .with(Rights::DELETE_EMAIL)
            .with(Rights::EXPUNGE),
        "expunge" => Rights::DELETE_EMAIL.with(Rights::EXPUNGE),
        "expunge deleted" => Rights::EXPUNGE,
        // Only the owner works at the top.
        "create at the top" | "update" => Rights(1 << 15),
        other => panic!("{other} is no operation"),
    }
}

#[tokio::test]
async fn each_operation_needs_its_rights_and_no_others() {
    for operation in OPERATIONS {
        let needs = needed(operation);
        let world = World::new().await;
        let place = archive(&world).await;
        let possible = Rights::ALL.contains(needs);
        for bit in 0..11 {
            let right = Rights(1 << bit);
            let helps = operation.ends_with("keywords")
                && (right == Rights::WRITE || right == Rights::DELETE_EMAIL);
            if possible && needs.contains(right) && !helps && !right.is_empty() {
                let missing = Rights::LOOKUP.with(needs).without(right);
                world.share(place, Some(world.bert), missing).await;
                if right == Rights::LOOKUP {
                    continue;
                }
                let refused = attempt(&world, world.bert, place, operation).await;
                let expected = match (*operation, right) {
                    // The destroyed email is hidden, not refused.
                    ("restore", Rights::READ) => Error::NotFound,
                    _ => Error::Forbidden,
                };
                assert_eq!(refused, Err(expected), "{operation} without {right:?}");
            }
        }
        let enough = Rights(needs.0 & Rights::ALL.0).with(Rights::LOOKUP);
        let enough = if possible { enough } else { Rights::ALL };
        world.share(place, Some(world.bert), enough).await;
        let done = attempt(&world, world.bert, place, operation).await;
        let expected = match *operation {
            // What was shared meanwhile may have shown other emails.
            "changes of all" => Err(Error::CannotCalculate),
            "changes" => Err(Error::CannotCalculate),
            _ if possible => Ok(()),
            _ => Err(Error::Forbidden),
        };
        assert_eq!(done, expected, "{operation} with {enough:?}");
    }
}

#[tokio::test]
async fn shares_reach_groups_and_everybody_and_can_be_taken_away() {
    let world = World::new().await;
    let place = archive(&world).await;
    let (bert, cora) = (caller(world.bert), caller(world.cora));
    let read = Rights::LOOKUP.with(Rights::READ);
    world.share(place, Some(world.sales), read).await;
    let view = |who| world.groupware.view(who, place.account, place.mailbox);
    assert!(view(&bert).await.is_ok(), "a member of the group");
    assert_eq!(view(&cora).await.map(drop), Err(Error::NotFound));
    let accounts = world.groupware.accounts(&bert).await.unwrap();
    let accounts: Vec<_> = accounts.iter().map(|shared| shared.account).collect();
    assert_eq!(accounts, [world.bert.into(), place.account]);
    let visible = world
        .groupware
        .mailboxes(&bert, place.account)
        .await
        .unwrap();
    assert_eq!(visible.len(), 1);
    assert_eq!(visible[0].rights, read);

    world.share(place, None, Rights::LOOKUP).await;
    assert_eq!(view(&cora).await.map(drop), Err(Error::Forbidden));
    world.share(place, None, Rights::NONE).await;
    world.share(place, Some(world.sales), Rights::NONE).await;
    assert_eq!(view(&bert).await.map(drop), Err(Error::NotFound));
    assert_eq!(world.groupware.accounts(&bert).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_guest_reads_only_emails_of_the_mailbox_that_is_shared() {
    let world = World::new().await;
    let archive = archive(&world).await;
    let secret = world.place(world.anna, Role::Drafts).await;
    let hidden = world.add(secret, &["secret"], &[]).await[0].email;
    let open = world.add(archive, &["open"], &[]).await[0].email;
    let read = Rights::LOOKUP.with(Rights::READ);
    world.share(archive, Some(world.bert), read).await;
    let mut messages = world
        .groupware
        .messages(
            &caller(world.bert),
            archive.account,
            archive.mailbox,
            vec![hidden, open],
        )
        .await
        .unwrap();
    let chunk = messages.next().await.unwrap().unwrap();
    let emails: Vec<_> = chunk.iter().map(|(email, _)| email).collect();
    assert_eq!(emails, [open]);
    assert!(messages.next().await.unwrap().is_none());
}

#[tokio::test]
async fn a_mailbox_made_inside_another_is_shared_like_it() {
    let world = World::new().await;
    let place = archive(&world).await;
    let rights = Rights::LOOKUP.with(Rights::CREATE);
    world.share(place, Some(world.bert), rights).await;
    let name = MailboxName::try_from("2026").unwrap();
    let bert = caller(world.bert);
    let inner = world
        .groupware
        .create_mailbox(&bert, place.account, Some(place.mailbox), name, None)
        .await
        .unwrap();
    let info = world
        .groupware
        .mailbox(&bert, place.account, inner)
        .await
        .unwrap();
    assert_eq!(info.rights, rights);
    assert_eq!(info.mailbox.parent, Some(place.mailbox));
}
