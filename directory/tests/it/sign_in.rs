//! Signing in with passwords and app passwords.

use std::net::IpAddr;
use std::time::Duration;

use directory::{Argon2Cost, NewAppPassword, Secret, Settings, SignInError};
use model::{CredentialId, Protocols, Timestamp};

use crate::house::{House, PASSWORD, cheap};

fn peer(text: &str) -> Option<IpAddr> {
    Some(text.parse().unwrap())
}

#[tokio::test]
async fn by_main_address_and_alias_in_any_case() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let alias = house
        .directory
        .set_alias(&house.actor, "a@example.org", anna);
    alias.await.unwrap();
    for name in ["anna@example.org", "Anna@EXAMPLE.org", "a@example.org"] {
        let signed_in = house.sign_in(name, PASSWORD).await.unwrap();
        assert_eq!(signed_in.principal.id, anna, "{name}");
        assert_eq!(signed_in.principal.address, "anna@example.org");
    }
    assert_eq!(
        house.sign_in("anna", PASSWORD).await,
        Err(SignInError::Refused)
    );
    assert_eq!(
        house.sign_in("anna+x@example.org", PASSWORD).await,
        Err(SignInError::Refused)
    );
    assert_eq!(
        house.sign_in("anna\0", PASSWORD).await,
        Err(SignInError::Malformed)
    );
    let long = "x".repeat(1_025);
    assert_eq!(
        house.sign_in("anna@example.org", &long).await,
        Err(SignInError::Malformed)
    );
}

#[tokio::test]
async fn known_and_unknown_names_cost_one_hash_each() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    house.group("group", &[anna]).await;
    for _ in 0..10 {
        app_password(&house, anna, Protocols::ALL, None).await;
    }
    let bert = house.person("bert").await;
    house.enable(bert, false).await;
    let runs = || house.directory.hash_runs();
    for name in [
        "anna@example.org",
        "bert@example.org",
        "group@example.org",
        "nobody@example.org",
        "anna@example.net",
        "x",
    ] {
        for password in [
            "wrong password",
            "0002-0000-0000-0000-0000-0000",
            "zzzz-0000-0000-0000-0000-0000",
        ] {
            let before = runs();
            assert_eq!(
                house.sign_in(name, password).await,
                Err(SignInError::Refused)
            );
            assert_eq!(runs(), before + 1, "{name} {password}");
        }
    }
    let before = runs();
    assert_eq!(
        house.sign_in("bert@example.org", PASSWORD).await,
        Err(SignInError::Refused)
    );
    assert_eq!(runs(), before + 1);
}

#[tokio::test]
async fn a_success_is_not_hashed_again_until_the_directory_changes() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let start = house.directory.hash_runs();
    let runs = || house.directory.hash_runs() - start;
    for _ in 0..5 {
        house.sign_in("anna@example.org", PASSWORD).await.unwrap();
    }
    assert_eq!(runs(), 1);
    // Elsewhere, and for another protocol, it is another attempt.
    let from = house.sign_in_from(
        "anna@example.org",
        PASSWORD,
        Protocols::IMAP,
        peer("192.0.2.1"),
    );
    from.await.unwrap();
    let other = house.sign_in_from("anna@example.org", PASSWORD, Protocols::DAV, None);
    other.await.unwrap();
    assert_eq!(runs(), 3);
    house.hands.advance_ms(5 * 60_000);
    house.sign_in("anna@example.org", PASSWORD).await.unwrap();
    assert_eq!(runs(), 4);

    house.enable(anna, false).await;
    assert_eq!(
        house.sign_in("anna@example.org", PASSWORD).await,
        Err(SignInError::Refused)
    );
    house.enable(anna, true).await;
    let new = Secret::from("battery staple");
    let set = house.directory.set_password(&house.actor, anna, &new);
    set.await.unwrap();
    assert_eq!(
        house.sign_in("anna@example.org", PASSWORD).await,
        Err(SignInError::Refused)
    );
    house
        .sign_in("anna@example.org", "battery staple")
        .await
        .unwrap();
}

#[tokio::test]
async fn equal_attempts_at_the_same_time_share_one_hash() {
    let house = House::empty().await;
    house.person("anna").await;
    let before = house.directory.hash_runs();
    let (one, two, three) = tokio::join!(
        house.sign_in("anna@example.org", PASSWORD),
        house.sign_in("anna@example.org", PASSWORD),
        house.sign_in("anna@example.org", PASSWORD),
    );
    assert!(one.is_ok() && two.is_ok() && three.is_ok());
    assert_eq!(house.directory.hash_runs(), before + 1);
}

#[tokio::test]
async fn failures_slow_the_account_but_not_who_is_known_there() {
    let house = House::empty().await;
    house.person("anna").await;
    let anna =
        |password, from| house.sign_in_from("anna@example.org", password, Protocols::IMAP, from);
    let (home, stranger) = (peer("192.0.2.1"), peer("198.51.100.1"));
    anna(PASSWORD, home).await.unwrap();
    for _ in 0..6 {
        assert_eq!(
            anna("wrong password", stranger).await,
            Err(SignInError::Refused)
        );
    }
    let before = house.directory.hash_runs();
    let retry_after = Duration::from_secs(1);
    assert_eq!(
        anna(PASSWORD, stranger).await,
        Err(SignInError::Slow { retry_after })
    );
    assert_eq!(house.directory.hash_runs(), before, "nothing was checked");
    anna(PASSWORD, home).await.unwrap();
    house.hands.advance_ms(1_000);
    anna(PASSWORD, stranger).await.unwrap();
    // A name nobody has is slowed just so.
    let nobody = || house.sign_in("nobody@example.org", "wrong password");
    for _ in 0..6 {
        assert_eq!(nobody().await, Err(SignInError::Refused));
    }
    assert_eq!(nobody().await, Err(SignInError::Slow { retry_after }));
}

#[tokio::test]
async fn failures_slow_the_network_whatever_the_name() {
    let house = House::empty().await;
    house.person("anna").await;
    for number in 0..21 {
        let name = format!("n{number}@example.org");
        let tried = house.sign_in_from(
            &name,
            "wrong password",
            Protocols::IMAP,
            peer("2001:db8::1"),
        );
        assert_eq!(tried.await, Err(SignInError::Refused));
    }
    let anna = |from| house.sign_in_from("anna@example.org", PASSWORD, Protocols::IMAP, from);
    let slowed = anna(peer("2001:db8::2")).await;
    assert!(
        matches!(slowed, Err(SignInError::Slow { .. })),
        "{slowed:?}"
    );
    anna(peer("2001:db8:0:1::2")).await.unwrap();
}

async fn app_password(
    house: &House,
    principal: model::PrincipalId,
    protocols: Protocols,
    expires_at: Option<Timestamp>,
) -> (CredentialId, Secret<String>) {
    let new = NewAppPassword {
        label: "phone".into(),
        protocols,
        expires_at,
    };
    let made = house
        .directory
        .add_app_password(&house.actor, principal, new);
    made.await.unwrap()
}

#[tokio::test]
async fn an_app_password_is_good_for_its_protocols_until_it_expires() {
    let house = House::empty().await;
    let (anna, _bert) = (house.person("anna").await, house.person("bert").await);
    let expires_at = house.hands.clock().now().plus_ms(10_000);
    let (id, text) = app_password(&house, anna, Protocols::IMAP, Some(expires_at)).await;
    let imap = |name, text| house.sign_in_from(name, text, Protocols::IMAP, None);
    let signed_in = imap("anna@example.org", text.expose().as_str())
        .await
        .unwrap();
    assert_eq!((signed_in.principal.id, signed_in.credential), (anna, id));
    let typed = text.expose().to_uppercase().replace('-', " ");
    assert_eq!(
        imap("anna@example.org", &typed).await.unwrap().credential,
        id
    );
    assert_eq!(
        imap("bert@example.org", text.expose()).await,
        Err(SignInError::Refused)
    );
    let sent = house.sign_in_from(
        "anna@example.org",
        text.expose(),
        Protocols::SUBMISSION,
        None,
    );
    assert_eq!(sent.await, Err(SignInError::Refused));
    house.hands.advance_ms(10_000);
    assert_eq!(
        imap("anna@example.org", text.expose()).await,
        Err(SignInError::Refused)
    );
    imap("anna@example.org", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_removed_app_password_is_good_for_nothing_at_once() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let (first, _) = app_password(&house, anna, Protocols::ALL, None).await;
    let (second, text) = app_password(&house, anna, Protocols::ALL, None).await;
    house
        .sign_in("anna@example.org", text.expose())
        .await
        .unwrap();
    let listed = house.directory.app_passwords(anna).await.unwrap();
    assert_eq!(
        listed.iter().map(|info| info.id).collect::<Vec<_>>(),
        [first, second]
    );
    assert!(text.expose().starts_with(&listed[1].selector));
    let removed = house
        .directory
        .remove_app_password(&house.actor, anna, second);
    removed.await.unwrap();
    assert_eq!(
        house.sign_in("anna@example.org", text.expose()).await,
        Err(SignInError::Refused)
    );
}

#[tokio::test]
async fn what_was_signed_in_with_holds_until_it_is_changed_taken_away_or_over() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let holds = async |credential, protocol| {
        let asked = house.directory.still_holds(anna, credential, protocol);
        asked.await.unwrap()
    };
    let signed_in = house.sign_in("anna@example.org", PASSWORD).await.unwrap();
    let main = signed_in.credential;
    assert!(holds(main, Protocols::IMAP).await);
    house.enable(anna, false).await;
    assert!(!holds(main, Protocols::IMAP).await, "disabled");
    house.enable(anna, true).await;
    assert!(holds(main, Protocols::IMAP).await);
    let password = Secret::from("another good password");
    let set = house.directory.set_password(&house.actor, anna, &password);
    set.await.unwrap();
    assert!(!holds(main, Protocols::IMAP).await, "another password");
    let expires_at = house.hands.clock().now().plus_ms(10_000);
    let (app, _) = app_password(&house, anna, Protocols::IMAP, Some(expires_at)).await;
    assert!(holds(app, Protocols::IMAP).await);
    assert!(!holds(app, Protocols::SUBMISSION).await);
    house.hands.advance_ms(10_000);
    assert!(!holds(app, Protocols::IMAP).await, "expired");
    let bert = house.person("bert").await;
    let asked = house.directory.still_holds(bert, app, Protocols::IMAP);
    assert!(!asked.await.unwrap(), "somebody else's");
}

#[tokio::test]
async fn the_default_cost_is_what_owasp_asks_for() {
    assert_eq!(
        Settings::default().argon2,
        Argon2Cost {
            memory_kib: 19_456,
            passes: 2,
            lanes: 1
        }
    );
    let default = Settings {
        argon2: Argon2Cost::default(),
        ..cheap()
    };
    let house = House::with(default).await;
    house.person("anna").await;
    house.sign_in("anna@example.org", PASSWORD).await.unwrap();
    assert_eq!(
        house.sign_in("anna@example.org", "wrong").await,
        Err(SignInError::Refused)
    );
}
