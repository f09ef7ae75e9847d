//! The examples of RFC 5256, and that no email is lost whatever the references say.

use proptest::prelude::*;

use super::*;

/// An email: UID, base subject (0: none), whether it is a reply, its own id, the id it replies to; sent in the order of UIDs.
fn item(uid: u32, subject: u32, is_reply: bool, own: u64, parent: u64) -> Item {
    let id = |id: u64| Some(id).filter(|id| *id != 0);
    Item {
        uid: Uid(uid),
        sent_ms: i64::from(uid) * 1_000,
        subject,
        thread: ThreadId(uid),
        links: Links {
            own: id(own),
            parent: id(parent),
            is_reply,
        },
    }
}

/// As IMAP writes it (RFC 5256 4).
fn shown(threads: &Threads) -> String {
    fn conversation(threads: &Threads, at: usize, out: &mut String) {
        if let Some(uid) = threads.nodes[at].uid {
            out.push_str(&uid.to_string());
        }
        let children: Vec<usize> = threads.children(at).collect();
        match children.as_slice() {
            [] => {}
            [only] => {
                out.push(' ');
                conversation(threads, *only, out);
            }
            several => {
                if threads.nodes[at].uid.is_some() {
                    out.push(' ');
                }
                for child in several {
                    out.push('(');
                    conversation(threads, *child, out);
                    out.push(')');
                }
            }
        }
    }
    let mut out = String::new();
    for root in threads.roots() {
        out.push('(');
        conversation(threads, root, &mut out);
        out.push(')');
    }
    out
}

fn by_reference(items: &[Item]) -> String {
    shown(&Forest::by_reference(items).flat())
}

fn by_subject(items: &[Item]) -> String {
    shown(&Forest::by_subject(items).flat())
}

#[test]
fn the_example_of_rfc_5256_comes_out() {
    // RFC 5256 4: `(2)(3 6 (4 23)(44 7 96))`; the dates of 44, 7 and 96 follow their places.
    let mut items = [
        item(2, 1, false, 2, 0),
        item(3, 2, false, 3, 0),
        item(4, 2, true, 4, 6),
        item(6, 2, true, 6, 3),
        item(7, 2, true, 7, 44),
        item(23, 2, true, 23, 4),
        item(44, 2, true, 44, 6),
        item(96, 2, true, 96, 7),
    ];
    assert_eq!(by_reference(&items), "(2)(3 6 (4 23)(44 7 96))");
    // The order of the emails does not matter, their dates do.
    items.reverse();
    assert_eq!(by_reference(&items), "(2)(3 6 (4 23)(44 7 96))");
    // Now 44 was sent before 4.
    items[1].sent_ms = -1;
    assert_eq!(by_reference(&items), "(2)(3 6 (44 7 96)(4 23))");
}

#[test]
fn siblings_whose_parent_is_missing_stand_under_nobody() {
    // RFC 5256 4: `((3)(5))`.
    let items = [item(3, 1, true, 3, 99), item(5, 1, true, 5, 99)];
    assert_eq!(by_reference(&items), "((3)(5))");
    // One child alone takes the missing parent's place.
    assert_eq!(by_reference(&items[1..]), "(5)");
}

#[test]
fn conversations_of_one_subject_become_one() {
    // RFC 5256 3 step 5 C: a reply goes below the one that is none.
    let reply = item(1, 7, true, 1, 98);
    let first = item(2, 7, false, 2, 0);
    assert_eq!(by_reference(&[reply, first]), "(2 1)");
    // Two that are no replies, and two that are, are siblings.
    assert_eq!(by_reference(&[first, item(3, 7, false, 3, 0)]), "((2)(3))");
    assert_eq!(by_reference(&[reply, item(3, 7, true, 3, 0)]), "((1)(3))");
    // Missing parents are put together, and take in the others.
    let orphans = [
        item(1, 7, true, 1, 98),
        item(2, 7, true, 2, 98),
        item(3, 7, true, 3, 99),
        item(4, 7, true, 4, 99),
        item(5, 7, false, 5, 0),
    ];
    assert_eq!(by_reference(&orphans), "((1)(2)(3)(4)(5))");
    // Without a subject they stay apart, unless they are of one stored thread.
    let mut bare = [item(1, 0, true, 1, 98), item(2, 0, false, 2, 0)];
    assert_eq!(by_reference(&bare), "(1)(2)");
    bare[0].thread = bare[1].thread;
    assert_eq!(by_reference(&bare), "(2 1)");
}

#[test]
fn an_id_that_is_used_twice_belongs_to_the_first() {
    let items = [
        item(1, 1, false, 5, 0),
        item(2, 2, false, 5, 0),
        item(3, 3, false, 6, 5),
    ];
    assert_eq!(by_reference(&items), "(1 3)(2)");
}

#[test]
fn subjects_alone_make_two_levels() {
    let items = [
        item(1, 2, false, 0, 0),
        item(2, 1, false, 0, 0),
        item(3, 2, true, 0, 0),
        item(4, 2, true, 0, 0),
        item(5, 1, true, 0, 0),
    ];
    assert_eq!(by_subject(&items), "(1 (3)(4))(2 5)");
    let mut late = items;
    late[0].sent_ms = 9_000;
    assert_eq!(by_subject(&late), "(2 5)(3 (4)(1))");
}

#[test]
fn long_chains_and_wide_groups_take_linear_time() {
    let count: u32 = 100_000;
    let chain: Vec<Item> = (1..=count)
        .map(|uid| item(uid, 1, true, u64::from(uid), u64::from(uid - 1)))
        .collect();
    let threads = Forest::by_reference(&chain).flat();
    assert_eq!(threads.nodes[0].descendants, count - 1);
    let backwards: Vec<Item> = (1..=count)
        .map(|uid| item(uid, 1, true, u64::from(uid), u64::from(uid + 1)))
        .collect();
    assert_eq!(
        Forest::by_reference(&backwards).flat().nodes.len(),
        chain.len()
    );
    let wide: Vec<Item> = (1..=count)
        .map(|uid| item(uid, 1, uid % 3 == 0, 0, u64::from(uid / 2)))
        .collect();
    let threads = Forest::by_reference(&wide).flat();
    assert_eq!(threads.roots().count(), 1);
}

proptest! {
    #[test]
    fn every_email_stands_once(
        links in prop::collection::vec((0u32..5, any::<bool>(), 0u64..12, 0u64..12), 0..30),
    ) {
        let items: Vec<Item> = (1..)
            .zip(&links)
            .map(|(uid, (subject, is_reply, own, parent))| item(uid, *subject, *is_reply, *own, *parent))
            .collect();
        for threads in [Forest::by_reference(&items).flat(), Forest::by_subject(&items).flat()] {
            let mut uids: Vec<u32> = threads.nodes.iter().filter_map(|node| Some(node.uid?.0)).collect();
            uids.sort_unstable();
            prop_assert_eq!(uids, (1..=u32::try_from(items.len()).unwrap()).collect::<Vec<_>>());
            let roots: Vec<usize> = threads.roots().collect();
            for (at, node) in threads.nodes.iter().enumerate() {
                let below: usize = threads
                    .children(at)
                    .map(|child| 1 + threads.nodes[child].descendants as usize)
                    .sum();
                prop_assert_eq!(below, node.descendants as usize);
                if node.uid.is_none() {
                    prop_assert!(roots.contains(&at), "one that is missing is a root");
                    prop_assert!(threads.children(at).count() > 1, "with several children");
                }
            }
        }
    }
}
