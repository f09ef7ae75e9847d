use std::collections::BTreeMap;

use egress::wire::Why;
use proptest::prelude::*;

use super::*;

const NOW: u32 = 1_700_000_000;

fn agenda() -> Agenda {
    Agenda::new(
        Schedule {
            jitter_percent: 0,
            ..Schedule::default()
        },
        Concurrency::default(),
    )
}

fn ticket(id: u32) -> Ticket {
    Ticket {
        account: 1,
        id,
        due_s: NOW,
        since_s: NOW,
        attempts: 0,
        priority: 0,
        size_bits: 10,
        delay_told: false,
    }
}

fn down() -> Health {
    Health::Down(Arc::new(Why::Unreachable.into()))
}

fn all_now(agenda: &mut Agenda, now_s: u32) -> Vec<Job> {
    std::iter::from_fn(|| agenda.next(now_s)).collect()
}

#[test]
fn a_ticket_takes_as_little_as_was_promised() {
    assert_eq!(size_of::<Ticket>(), 20);
    assert!(size_of::<Destination>() <= 72);
}

#[test]
fn the_window_grows_with_success_and_shrinks_with_failure() {
    let mut agenda = agenda();
    let key: Arc<str> = "example.net".into();
    for id in 0..100 {
        agenda.add(&key, ticket(id), NOW);
    }
    let mut under_way = all_now(&mut agenda, NOW);
    assert_eq!(under_way.len(), 3);
    for _ in 0..40 {
        let job = under_way.remove(0);
        agenda.answered(job.destination, Some(&Health::Up), NOW, 0);
        agenda.finished(&job, None, NOW);
        under_way.extend(all_now(&mut agenda, NOW));
    }
    assert_eq!(under_way.len(), 20);
    // All of them fail: that is one failure, not twenty.
    for job in under_way {
        agenda.answered(job.destination, Some(&down()), NOW, 0);
        let again = Ticket {
            due_s: NOW + 60,
            ..job.ticket
        };
        agenda.finished(&job, Some(again), NOW);
    }
    assert!(all_now(&mut agenda, NOW + 59).is_empty());
    assert_eq!(agenda.next_at_s(), Some(NOW + 60));
    assert_eq!(all_now(&mut agenda, NOW + 60).len(), 1);
}

#[test]
fn a_closed_destination_opens_with_one_success() {
    let mut agenda = agenda();
    let key: Arc<str> = "example.net".into();
    for id in 0..10 {
        agenda.add(&key, ticket(id), NOW);
    }
    for job in all_now(&mut agenda, NOW) {
        agenda.answered(job.destination, Some(&down()), NOW, 0);
        agenda.finished(&job, Some(ticket(job.ticket.id)), NOW);
    }
    let probe = all_now(&mut agenda, NOW + 60).remove(0);
    agenda.answered(probe.destination, Some(&Health::Up), NOW + 60, 0);
    agenda.finished(&probe, None, NOW + 60);
    assert_eq!(all_now(&mut agenda, NOW + 60).len(), 4);
}

#[test]
fn who_waits_too_long_at_a_closed_destination_is_taken_out() {
    let mut agenda = agenda();
    let key: Arc<str> = "example.net".into();
    for id in 0..10 {
        let since_s = if id < 5 { NOW - 5 * 3_600 } else { NOW };
        agenda.add(
            &key,
            Ticket {
                since_s,
                ..ticket(id)
            },
            NOW,
        );
    }
    let jobs = all_now(&mut agenda, NOW);
    let overdue = agenda.answered(jobs[0].destination, Some(&down()), NOW, 0);
    assert_eq!(overdue.len(), 2);
    assert_eq!(agenda.len(), 10);
    for overdue in overdue {
        agenda.finished(&overdue.job, None, NOW);
    }
    assert_eq!(agenda.len(), 8);
}

#[test]
fn destinations_without_tickets_are_forgotten() {
    let mut agenda = agenda();
    for at in 0..100 {
        let key: Arc<str> = format!("d{at}.example").into();
        agenda.add(&key, ticket(at), NOW);
    }
    assert_eq!(agenda.destinations(), 100);
    for job in all_now(&mut agenda, NOW) {
        let health = if job.ticket.id < 10 {
            down()
        } else {
            Health::Up
        };
        agenda.answered(job.destination, Some(&health), NOW, 0);
        agenda.finished(&job, None, NOW);
    }
    // Those that did not answer are remembered until they may be tried again.
    assert_eq!(agenda.destinations(), 10);
    assert!(agenda.next(NOW + 61).is_none());
    assert_eq!(agenda.destinations(), 0);
    assert_eq!(agenda.len(), 0);
}

#[test]
fn ten_refusals_for_now_in_a_row_close_it() {
    let mut agenda = agenda();
    let key: Arc<str> = "example.net".into();
    for id in 0..100 {
        agenda.add(&key, ticket(id), NOW);
    }
    let mut tried = 0;
    while let Some(job) = agenda.next(NOW) {
        tried += 1;
        let reluctant = Health::Reluctant(Arc::new(Why::Reply.into()));
        agenda.answered(job.destination, Some(&reluctant), NOW, 0);
        let again = Ticket {
            due_s: NOW + 60,
            ..job.ticket
        };
        agenda.finished(&job, Some(again), NOW);
    }
    assert_eq!(tried, 10);
}

proptest! {
    /// Whatever happens, each ticket is in exactly one place, and in the end all of them are tried.
    #[test]
    fn no_ticket_is_lost_or_doubled(
        steps in prop::collection::vec((0_u8..7, 0_u32..12, 0_u32..300), 1..200)
    ) {
        let mut agenda = agenda();
        let mut now_s = NOW;
        let mut waiting: BTreeMap<(u32, u32), ()> = BTreeMap::new();
        let mut under_way: Vec<Job> = Vec::new();
        let keys: Vec<Arc<str>> = (0..4).map(|at| format!("d{at}.example").into()).collect();
        for (step, number, more) in steps {
            now_s += more;
            match step {
                0 | 1 => {
                    let of = number % 4;
                    let known = waiting.contains_key(&(number, of))
                        || under_way.iter().any(|job| job.ticket.id == number);
                    if !known {
                        let due_s = now_s + more % 7;
                        agenda.add(&keys[of as usize], Ticket { due_s, since_s: now_s, ..ticket(number) }, now_s);
                        waiting.insert((number, of), ());
                    }
                }
                2 | 3 => {
                    if let Some(job) = agenda.next(now_s) {
                        prop_assert!(waiting.remove(&(job.ticket.id, job.ticket.id % 4)).is_some());
                        under_way.push(job);
                    }
                }
                4 | 5 if !under_way.is_empty() => {
                    let job = under_way.remove(number as usize % under_way.len());
                    let health = match more % 4 {
                        0 => Some(down()),
                        1 => None,
                        _ => Some(Health::Up),
                    };
                    let overdue = agenda.answered(job.destination, health.as_ref(), now_s, more);
                    for overdue in overdue {
                        let id = overdue.job.ticket.id;
                        prop_assert!(waiting.remove(&(id, id % 4)).is_some());
                        agenda.finished(&overdue.job, None, now_s);
                    }
                    let again = (step == 4).then_some(Ticket { due_s: now_s + more, ..job.ticket });
                    if again.is_some() {
                        waiting.insert((job.ticket.id, job.ticket.id % 4), ());
                    }
                    agenda.finished(&job, again, now_s);
                }
                6 => {
                    let of = number % 4;
                    agenda.remove(&keys[of as usize], 1, number);
                    waiting.remove(&(number, of));
                }
                _ => {}
            }
            prop_assert_eq!(agenda.len(), waiting.len() + under_way.len());
        }
        for job in under_way.drain(..) {
            agenda.answered(job.destination, Some(&Health::Up), now_s, 0);
            agenda.finished(&job, None, now_s);
        }
        for _ in 0..100 {
            now_s += 3_600;
            while let Some(job) = agenda.next(now_s) {
                prop_assert!(waiting.remove(&(job.ticket.id, job.ticket.id % 4)).is_some());
                agenda.answered(job.destination, Some(&Health::Up), now_s, 0);
                agenda.finished(&job, None, now_s);
            }
        }
        prop_assert!(waiting.is_empty(), "{waiting:?} were never tried");
        prop_assert_eq!(agenda.len(), 0);
        prop_assert!(agenda.next(now_s + 36_000).is_none());
        prop_assert_eq!(agenda.destinations(), 0);
    }
}
