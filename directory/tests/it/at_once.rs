//! Many who sign in at the same moment: whoever has the right password is let in with all programs, and whoever guesses gets
//! no further than one guess after the other.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use directory::{Argon2Cost, Attempt, Directory, FirstFactor, Secret, Settings, SignInError};
use model::Protocols;
use tokio::task::JoinSet;

use crate::house::{House, PASSWORD, cheap};

/// What programs speak.
const PROTOCOLS: [Protocols; 5] = [
    Protocols::IMAP,
    Protocols::SUBMISSION,
    Protocols::DAV,
    Protocols::JMAP,
    Protocols::MANAGESIEVE,
];
/// Guesses that an account, and a network, have free; the next one is still looked at, and slows those behind it.
const ACCOUNT_FREE: usize = 5;
const NETWORK_FREE: usize = 20;

fn address(number: u8) -> Option<IpAddr> {
    Some(Ipv4Addr::new(192, 0, 2, number).into())
}

/// What somebody tries.
#[derive(Clone)]
struct Try {
    name: String,
    password: String,
    protocol: Protocols,
    address: Option<IpAddr>,
}

impl Try {
    fn of_anna(password: &str, protocol: Protocols, address: Option<IpAddr>) -> Self {
        Self {
            name: "anna@example.org".to_owned(),
            password: password.to_owned(),
            protocol,
            address,
        }
    }
}

/// Each in a task of its own; the errors, in the order of their coming.
async fn errors(directory: &Directory, tries: impl IntoIterator<Item = Try>) -> Vec<SignInError> {
    let mut tasks = JoinSet::new();
    for one in tries {
        let directory = directory.clone();
        tasks.spawn(async move {
            let attempt = Attempt {
                name: &one.name,
                password: &Secret::from(one.password.as_str()),
                protocol: one.protocol,
                address: one.address,
            };
            directory.sign_in(attempt).await.err()
        });
    }
    let outcomes = tasks.join_all().await;
    outcomes.into_iter().flatten().collect()
}

fn refused(errors: &[SignInError]) -> usize {
    let refused = errors
        .iter()
        .filter(|error| **error == SignInError::Refused);
    refused.count()
}

fn put_off(errors: &[SignInError]) -> usize {
    let slow = errors
        .iter()
        .filter(|error| matches!(error, SignInError::Slow { .. }));
    slow.count()
}

/// Twenty programs: each protocol from a computer at home, from one at work, and from two telephones.
fn twenty() -> impl Iterator<Item = Try> {
    (1..=4).flat_map(|number| {
        PROTOCOLS.map(|protocol| Try::of_anna(PASSWORD, protocol, address(number)))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_programs_of_one_person_while_somebody_guesses() {
    // Hashes cost what they cost, and there is one processor for them.
    let settings = Settings {
        argon2: Argon2Cost::default(),
        hashes_at_once: 1,
        ..cheap()
    };
    let house = House::with(settings).await;
    house.person("anna").await;
    let wrong = Try::of_anna("wrong password", Protocols::IMAP, address(99));
    let tries = std::iter::once(wrong).chain(twenty());
    let before = house.directory.hash_runs();
    assert_eq!(
        errors(&house.directory, tries).await,
        [SignInError::Refused]
    );
    assert_eq!(house.directory.hash_runs(), before + 21, "each was proved");
    // All of them once more, and nothing is proved again.
    assert!(errors(&house.directory, twenty()).await.is_empty());
    assert_eq!(house.directory.hash_runs(), before + 21);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn twenty_browsers_of_one_person_one_after_a_few_mistakes() {
    let house = House::empty().await;
    house.person("anna").await;
    for number in 0..ACCOUNT_FREE {
        let wrong = Try::of_anna(&format!("wrong {number}"), Protocols::JMAP, address(1));
        let failed = errors(&house.directory, [wrong]).await;
        assert_eq!(failed, [SignInError::Refused]);
    }
    let mut tasks = JoinSet::new();
    for _ in 0..20 {
        let directory = house.directory.clone();
        tasks.spawn(async move {
            let attempt = Attempt {
                name: "anna@example.org",
                password: &Secret::from(PASSWORD),
                protocol: Protocols::JMAP,
                address: address(1),
            };
            directory.sign_in_first(attempt).await
        });
    }
    for outcome in tasks.join_all().await {
        assert!(matches!(outcome, Ok(FirstFactor::Enough(_))), "{outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_company_behind_one_address_comes_to_work() {
    let house = House::empty().await;
    let mut tries = Vec::new();
    for number in 0..100 {
        let local = format!("n{number}");
        house.person(&local).await;
        for protocol in PROTOCOLS {
            tries.push(Try {
                name: format!("{local}@example.org"),
                password: PASSWORD.to_owned(),
                protocol,
                address: address(1),
            });
        }
    }
    // Some have not heard of their new password.
    for number in 0..10_usize {
        tries[number * 45].password = "wrong password".to_owned();
    }
    let errors = errors(&house.directory, tries).await;
    assert_eq!(errors, [SignInError::Refused; 10]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_at_once_get_no_further_than_one_after_the_other() {
    let house = House::empty().await;
    house.person("anna").await;
    let guesses = |from: usize| {
        (from..from + 200).map(|number| {
            let from = address(u8::try_from(number % 50).unwrap());
            Try::of_anna(&format!("guess {number}"), PROTOCOLS[number % 5], from)
        })
    };
    let before = house.directory.hash_runs();
    let failed = errors(&house.directory, guesses(0)).await;
    assert_eq!(
        (refused(&failed), put_off(&failed)),
        (ACCOUNT_FREE + 1, 199 - ACCOUNT_FREE)
    );
    let runs = house.directory.hash_runs() - before;
    assert_eq!(usize::try_from(runs).unwrap(), ACCOUNT_FREE + 1);
    // From then on one, after one, two, four seconds.
    for (round, wait_ms) in [1_000, 2_000, 4_000].into_iter().enumerate() {
        house.hands.advance_ms(wait_ms - 1);
        let failed = errors(&house.directory, guesses(200 * (round + 1))).await;
        assert_eq!((refused(&failed), put_off(&failed)), (0, 200), "{wait_ms}");
        house.hands.advance_ms(1);
        let failed = errors(&house.directory, guesses(200 * (round + 1))).await;
        assert_eq!((refused(&failed), put_off(&failed)), (1, 199), "{wait_ms}");
    }
}

#[tokio::test]
async fn who_is_known_at_a_place_makes_guessing_there_no_faster() {
    let house = House::empty().await;
    house.person("anna").await;
    let anna = |password: &str, number| {
        let one = Try::of_anna(password, Protocols::IMAP, address(number));
        let directory = house.directory.clone();
        async move { errors(&directory, [one]).await }
    };
    let (home, stranger) = (1, 2);
    assert!(anna(PASSWORD, home).await.is_empty());
    for number in 0..=ACCOUNT_FREE {
        let failed = anna(&format!("guess {number}"), stranger).await;
        assert_eq!(failed, [SignInError::Refused]);
    }
    // The account is slow for strangers; at home it is open, and some program there has an old password.
    for _ in 0..NETWORK_FREE {
        assert_eq!(put_off(&anna("old password", home).await), 1);
        assert!(anna(PASSWORD, home).await.is_empty());
    }
    // Whoever goes on there would find out what is remembered, for nothing.
    assert_eq!(put_off(&anna("one guess too many", home).await), 1);
    assert_eq!(put_off(&anna(PASSWORD, home).await), 1);
    house.hands.advance_ms(1_000);
    assert!(anna(PASSWORD, home).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn guesses_under_many_names_get_no_further_at_once_either() {
    let house = House::empty().await;
    let guesses = (0..300).map(|number| Try {
        name: format!("n{number}@example.org"),
        password: "Summer2026!".to_owned(),
        protocol: Protocols::IMAP,
        address: address(1),
    });
    let failed = errors(&house.directory, guesses).await;
    assert_eq!(
        (refused(&failed), put_off(&failed)),
        (NETWORK_FREE + 1, 299 - NETWORK_FREE)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn codes_of_a_second_factor_are_guessed_no_faster_at_once() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let mut tasks = JoinSet::new();
    for number in 0..100 {
        let (directory, actor) = (house.directory.clone(), house.actor.clone());
        tasks.spawn(async move {
            let code = format!("{number:06}");
            directory.check_code(&actor, anna, &code).await.err()
        });
    }
    let outcomes = tasks.join_all().await;
    let failed: Vec<_> = outcomes.into_iter().flatten().collect();
    assert_eq!(
        (refused(&failed), put_off(&failed)),
        (ACCOUNT_FREE + 1, 99 - ACCOUNT_FREE)
    );
    let wait = house.directory.check_code(&house.actor, anna, "000000");
    let retry_after = Duration::from_secs(1);
    assert_eq!(wait.await, Err(SignInError::Slow { retry_after }));
}
