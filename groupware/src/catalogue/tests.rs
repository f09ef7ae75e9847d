//! A catalogue that follows is the one that is made anew.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    AccountId, CreateMailbox, EmailId, Keywords, MailboxId, MailboxName, Mutation, Seq, ThreadId,
    Timestamp, Uid, UidValidity,
};
use proptest::prelude::*;
use store::{EmailRow, Head};

use super::follow::Views;
use super::{Inner, MailboxCounts};
use crate::view::View;

/// Where each email is, in which thread and with which keywords.
type World = BTreeMap<u32, (u32, u32, u8)>;

/// What happens to one email.
#[derive(Clone, Copy, Debug)]
struct Step {
    email: u32,
    /// None destroys it.
    mailbox: Option<u32>,
    keywords: u8,
}

fn step() -> impl Strategy<Value = Step> {
    let mailbox = prop_oneof![1 => Just(None), 5 => (1u32..4).prop_map(Some)];
    (0u32..60, mailbox, 0u8..4).prop_map(|(email, mailbox, keywords)| Step {
        email,
        mailbox,
        keywords,
    })
}

fn keywords(bits: u8) -> Keywords {
    let mut keywords = Keywords::NONE;
    if bits & 1 == 1 {
        keywords = keywords.with(Keywords::SEEN);
    }
    if bits & 2 == 2 {
        keywords = keywords.with(Keywords::DRAFT);
    }
    keywords
}

fn thread(email: u32) -> u32 {
    email % 7
}

/// The views of a world. UIDs are made so that an email never has another one in a mailbox.
fn views(world: &World) -> Views {
    let mut head = Head::new(AccountId(1));
    for mailbox in 1..4 {
        let create = CreateMailbox {
            mailbox: MailboxId(mailbox),
            parent: None,
            name: MailboxName::try_from(format!("M{mailbox}").as_str()).unwrap(),
            role: None,
            uid_validity: UidValidity(mailbox),
        };
        head.apply(&Mutation::CreateMailbox(create), Seq(1))
            .unwrap();
    }
    let view = |mailbox: u32| {
        let mut rows: Vec<EmailRow> = world
            .iter()
            .filter(|(_, (within, ..))| *within == mailbox)
            .map(|(email, (_, uid, bits))| EmailRow {
                uid: Uid(*uid),
                email: EmailId(*email),
                thread: ThreadId(thread(*email)),
                size: 1,
                keywords: keywords(*bits),
                changed: Seq(1),
                received_at: Timestamp(i64::from(email * 31 % 17)),
                sent_at: None,
            })
            .collect();
        rows.sort_by_key(|row| row.uid);
        let mailbox = head.mailbox(MailboxId(mailbox)).unwrap();
        Arc::new(View::new(&head, mailbox, &rows))
    };
    (1..4).map(|id| (MailboxId(id), view(id))).collect()
}

fn same(followed: &Inner, anew: &Inner) {
    assert_eq!(followed.trash, anew.trash);
    assert_eq!(followed.threads(), anew.threads());
    for email in (0..60).map(EmailId) {
        assert_eq!(followed.email(email), anew.email(email));
    }
    for thread in (0..7).map(ThreadId) {
        assert!(followed.thread(thread).eq(anew.thread(thread)));
    }
    for (mailbox, shelf) in &followed.shelves {
        let other = &anew.shelves[mailbox];
        assert_eq!(shelf.counts, other.counts, "{mailbox}");
        assert!(shelf.order.rising(0).eq(other.order.rising(0)));
    }
}

/// What RFC 8621 2 says of a mailbox's counts, word for word.
fn counts(world: &World, mailbox: u32, trash: u32) -> MailboxCounts {
    let is_unread = |bits: u8| bits & 3 == 0;
    let inside = || world.iter().filter(|(_, (within, ..))| *within == mailbox);
    let mut threads: Vec<u32> = inside().map(|(email, _)| thread(*email)).collect();
    threads.sort_unstable();
    threads.dedup();
    let shows_unread = |wanted: &&u32| {
        world.iter().any(|(email, (within, _, bits))| {
            thread(*email) == **wanted
                && is_unread(*bits)
                && (*within == trash) == (mailbox == trash)
        })
    };
    let number = |count: usize| u32::try_from(count).unwrap();
    MailboxCounts {
        emails: number(inside().count()),
        unread_emails: number(
            inside()
                .filter(|(_, (_, _, bits))| is_unread(*bits))
                .count(),
        ),
        threads: number(threads.len()),
        unread_threads: number(threads.iter().filter(shows_unread).count()),
    }
}

proptest! {
    #[test]
    fn following_is_the_same_as_making_anew(rounds in prop::collection::vec(prop::collection::vec(step(), 1..8), 1..12)) {
        let trash = Some(MailboxId(3));
        let mut world = World::new();
        for email in 0..40 {
            world.insert(email, (email % 3 + 1, email + 1, 0));
        }
        let mut next_uid = 100;
        let mut followed = Inner::default();
        followed.follow(&views(&world), trash);
        for round in rounds {
            // Somebody still looks at the older one now and then.
            let held = (round.len() % 2 == 0).then(|| followed.clone());
            let before = world.clone();
            for Step { email, mailbox, keywords } in round {
                let was = world.get(&email).copied();
                match (mailbox, was) {
                    (None, _) => {
                        world.remove(&email);
                    }
                    (Some(mailbox), Some((within, uid, _))) if within == mailbox => {
                        world.insert(email, (mailbox, uid, keywords));
                    }
                    (Some(mailbox), _) => {
                        next_uid += 1;
                        world.insert(email, (mailbox, next_uid, keywords));
                    }
                }
            }
            followed.follow(&views(&world), trash);
            let mut anew = Inner::default();
            anew.follow(&views(&world), trash);
            same(&followed, &anew);
            for mailbox in 1..4 {
                let shelf = &followed.shelves[&MailboxId(mailbox)];
                prop_assert_eq!(shelf.counts, counts(&world, mailbox, 3));
            }
            for email in before.keys().filter(|email| !world.contains_key(email)) {
                prop_assert_eq!(followed.departed(EmailId(*email)), Some(ThreadId(thread(*email))));
            }
            if let Some(held) = held {
                let mut old = Inner::default();
                old.follow(&views(&before), trash);
                same(&held, &old);
            }
        }
    }
}

#[test]
fn another_trash_makes_other_counts() {
    let world: World = [(0, (1, 1, 0)), (7, (2, 1, 1))].into();
    let mut inner = Inner::default();
    inner.follow(&views(&world), None);
    let unread =
        |inner: &Inner| [1, 2].map(|id| inner.shelves[&MailboxId(id)].counts.unread_threads);
    assert_eq!(unread(&inner), [1, 1]);
    inner.follow(&views(&world), Some(MailboxId(1)));
    assert_eq!(unread(&inner), [1, 0]);
}

#[test]
fn mailboxes_come_and_go() {
    let world: World = [(0, (1, 1, 0)), (7, (2, 1, 0)), (8, (2, 2, 0))].into();
    let all = views(&world);
    let mut inner = Inner::default();
    inner.follow(&all, None);
    let mut fewer = all.clone();
    fewer.remove(&MailboxId(2));
    inner.follow(&fewer, None);
    assert_eq!((inner.threads(), inner.email(EmailId(7))), (1, None));
    inner.follow(&all, None);
    assert_eq!(inner.threads(), 2);
    assert!(inner.email(EmailId(8)).is_some());
}
