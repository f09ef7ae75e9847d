//! Turns and failures, with a clock that is moved by hand.

use std::sync::Arc;

use model::ManualClock;

use super::*;

const LIMITS: FailureLimits = FailureLimits {
    free: 2,
    delay_ms: 1_000,
    delay_ms_max: 4_000,
    forgiven_every_ms: 60_000,
};
const ANNA: Account = Account::Known(PrincipalId(1));
const BERT: Account = Account::Known(PrincipalId(2));

fn failures() -> (Failures, ManualClock) {
    let hands = ManualClock::default();
    let networks = FailureLimits { free: 4, ..LIMITS };
    (Failures::new(LIMITS, networks, hands.clock()), hands)
}

fn network(text: &str) -> Option<Network> {
    Some(text.parse::<IpAddr>().unwrap().into())
}

async fn fail(failures: &Failures, account: Account, network: Option<Network>) {
    drop(failures.turn(account, network).await.unwrap());
}

#[tokio::test]
async fn each_failure_beyond_the_free_ones_doubles_the_wait() {
    let (failures, hands) = failures();
    for expected_ms in [0, 0, 1_000, 2_000, 4_000, 4_000] {
        fail(&failures, ANNA, None).await;
        if expected_ms > 0 {
            let wait = failures.turn(ANNA, None).await.unwrap_err();
            assert_eq!(wait, Duration::from_millis(expected_ms));
            hands.advance_ms(i64::try_from(expected_ms).unwrap() - 1);
            assert!(failures.turn(ANNA, None).await.is_err(), "one too early");
            hands.advance_ms(1);
        }
        failures.turn(BERT, None).await.unwrap().give_back();
    }
}

#[tokio::test]
async fn time_forgives_and_success_is_no_failure() {
    let (failures, hands) = failures();
    for _ in 0..100 {
        let turn = failures.turn(ANNA, network("192.0.2.1")).await.unwrap();
        turn.give_back();
    }
    assert_eq!((failures.accounts.len(), failures.networks.len()), (0, 0));
    for _ in 0..3 {
        fail(&failures, ANNA, None).await;
    }
    assert!(failures.turn(ANNA, None).await.is_err());
    hands.advance_ms(3 * 60_000);
    for _ in 0..3 {
        fail(&failures, ANNA, None).await;
    }
    assert!(failures.turn(ANNA, None).await.is_err());
}

#[tokio::test]
async fn whose_clock_is_read_a_moment_earlier_is_not_put_off() {
    let (failures, hands) = failures();
    hands.advance_ms(10);
    let first = failures.turn(ANNA, network("192.0.2.1")).await.unwrap();
    hands.advance_ms(-1);
    let second = failures.turn(ANNA, network("192.0.2.1")).await.unwrap();
    first.give_back();
    second.give_back();
    // A clock that is put back by a day makes nobody wait for a day.
    for _ in 0..3 {
        fail(&failures, ANNA, None).await;
    }
    hands.advance_ms(-86_400_000);
    let wait = failures.turn(ANNA, None).await.unwrap_err();
    assert_eq!(wait, Duration::from_secs(1));
}

#[tokio::test]
async fn a_network_is_slowed_whatever_names_it_tries() {
    let (failures, _) = failures();
    for number in 0..5 {
        let name = Account::Unknown([number; 16]);
        fail(&failures, name, network("2001:db8::1")).await;
    }
    let is_slowed = |text| failures.check_network(network(text)).is_err();
    assert!(is_slowed("2001:db8::ffff:1"));
    assert!(!is_slowed("2001:db8:0:1::1"));
    assert!(!is_slowed("192.0.2.1"));
    assert_eq!(network("::ffff:192.0.2.1"), network("192.0.2.1"));
}

/// Attempts that all begin at once: each takes a while to prove, and says how it came out, or that it was put off.
async fn at_once(
    failures: &Arc<Failures>,
    attempts: impl IntoIterator<Item = (Account, Option<Network>, bool)>,
) -> Vec<(bool, Result<(), Duration>)> {
    let tasks: Vec<_> = attempts
        .into_iter()
        .map(|(account, network, is_right)| {
            let failures = Arc::clone(failures);
            tokio::spawn(async move {
                let turn = match failures.turn(account, network).await {
                    Ok(turn) => turn,
                    Err(wait) => return (is_right, Err(wait)),
                };
                for _ in 0..10 {
                    tokio::task::yield_now().await;
                }
                if is_right {
                    turn.give_back();
                }
                (is_right, Ok(()))
            })
        })
        .collect();
    let mut outcomes = Vec::new();
    for task in tasks {
        outcomes.push(task.await.unwrap());
    }
    outcomes
}

#[tokio::test]
async fn who_is_right_is_never_put_off_however_many_come_at_once() {
    let (failures, _) = failures();
    let failures = Arc::new(failures);
    // Before, in the midst and behind of them, as many wrong ones as slow nothing.
    let attempts = (0..200).map(|number| (ANNA, network("192.0.2.1"), number % 100 != 50));
    let outcomes = at_once(&failures, attempts).await;
    assert!(
        outcomes.iter().all(|(_, outcome)| outcome.is_ok()),
        "{outcomes:?}"
    );
    // A company behind one address, some of whom mistype.
    let attempts = (0..1_000_u32).map(|number| {
        let account = Account::Known(PrincipalId(10 + number / 2));
        (account, network("198.51.100.1"), number % 300 != 7)
    });
    let outcomes = at_once(&failures, attempts).await;
    assert!(outcomes.iter().all(|(_, outcome)| outcome.is_ok()));
}

#[tokio::test]
async fn a_thousand_guesses_at_once_get_no_further_than_one_after_the_other() {
    let tried_in_ten_minutes = async |at_once_count: u32, spread: bool| {
        let (failures, hands) = failures();
        let failures = Arc::new(failures);
        let mut tried = 0;
        for _ in 0..600 {
            // From as many networks, or under as many names.
            let attempts = (0..at_once_count).map(|number| {
                let octets = (number % 200).to_be_bytes();
                let account = Account::Unknown([octets[3]; 16]);
                let everywhere = Some(Network::V4(octets));
                if spread {
                    (ANNA, everywhere, false)
                } else {
                    (account, network("192.0.2.1"), false)
                }
            });
            let outcomes = at_once(&failures, attempts).await;
            tried += outcomes
                .iter()
                .filter(|(_, outcome)| outcome.is_ok())
                .count();
            hands.advance_ms(1_000);
        }
        tried
    };
    for spread in [true, false] {
        let alone = tried_in_ten_minutes(1, spread).await;
        let together = tried_in_ten_minutes(150, spread).await;
        // Alone they cannot use what is free all in the first second.
        assert!(together <= alone + 5, "{together} and {alone}");
        assert!(together > 100, "nobody was let through at all");
    }
    let (failures, _) = failures();
    let failures = Arc::new(failures);
    let attempts = (0..200).map(|_| (ANNA, None, false));
    let outcomes = at_once(&failures, attempts).await;
    let tried = outcomes.iter().filter(|(_, outcome)| outcome.is_ok());
    assert_eq!(tried.count(), 3, "as many as one after the other");
    let wait = Err(Duration::from_secs(1));
    assert!(outcomes.iter().all(|(_, one)| one.is_ok() || *one == wait));
}

#[tokio::test]
async fn guesses_before_the_right_ones_slow_those_too() {
    let (failures, _) = failures();
    let failures = Arc::new(failures);
    let attempts = (0..20).map(|number| (ANNA, None, number >= 10));
    let outcomes = at_once(&failures, attempts).await;
    let tried = outcomes.iter().filter(|(_, outcome)| outcome.is_ok());
    assert_eq!(tried.count(), 3);
}

#[tokio::test]
async fn beyond_the_free_failures_one_at_a_time_is_proved() {
    let (failures, hands) = failures();
    let failures = Arc::new(failures);
    for _ in 0..3 {
        fail(&failures, ANNA, None).await;
    }
    hands.advance_ms(1_000);
    // Right ones are all let in, and wrong ones end it.
    let outcomes = at_once(&failures, (0..20).map(|_| (ANNA, None, true))).await;
    assert!(outcomes.iter().all(|(_, outcome)| outcome.is_ok()));
    let outcomes = at_once(&failures, (0..20).map(|_| (ANNA, None, false))).await;
    let tried = outcomes.iter().filter(|(_, outcome)| outcome.is_ok());
    assert_eq!(tried.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn waiting_has_an_end_and_a_line_has_one() {
    let (failures, _) = failures();
    let failures = Arc::new(failures);
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(failures.turn(ANNA, None).await.unwrap());
    }
    let began = tokio::time::Instant::now();
    let waiting: Vec<_> = (3..ACCOUNT_AT_ONCE_MAX)
        .map(|_| {
            let failures = Arc::clone(&failures);
            tokio::spawn(async move { failures.turn(ANNA, None).await.map(Turn::give_back) })
        })
        .collect();
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
    // No place is left in the line.
    let wait = failures.turn(ANNA, None).await.unwrap_err();
    assert_eq!(
        (wait, began.elapsed()),
        (Duration::from_secs(1), Duration::ZERO)
    );
    for task in waiting {
        assert!(task.await.unwrap().is_err());
    }
    let waited = began.elapsed();
    assert!(waited >= WAIT_MAX && waited < WAIT_MAX + Duration::from_secs(1));
    // Who gave up waiting took no turn away.
    for turn in held.drain(..) {
        turn.give_back();
    }
    let outcomes = at_once(&failures, (0..20).map(|_| (ANNA, None, true))).await;
    assert!(outcomes.iter().all(|(_, outcome)| outcome.is_ok()));
    assert_eq!(failures.accounts.len(), 0);
}

#[tokio::test]
async fn a_flood_of_names_is_bounded_and_makes_nobody_forgotten() {
    let (failures, _) = failures();
    for _ in 0..3 {
        fail(&failures, ANNA, None).await;
    }
    let held = failures.turn(BERT, None).await.unwrap();
    for name in 0_u32..140_000 {
        let mut octets = [0; 16];
        octets[..4].copy_from_slice(&name.to_be_bytes());
        fail(&failures, Account::Unknown(octets), None).await;
        assert!(failures.accounts.len() <= table::REMEMBERED_MAX);
    }
    assert!(failures.turn(ANNA, None).await.is_err());
    // Also who is under proof is not forgotten.
    drop(held);
    for _ in 0..2 {
        fail(&failures, BERT, None).await;
    }
    assert!(failures.turn(BERT, None).await.is_err());
}
