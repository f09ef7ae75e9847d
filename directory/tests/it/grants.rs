//! Browsers and programs: signed in by tokens, renewed, revoked.

use std::time::Duration;

use directory::sasl::{ChannelBinding, Mechanism, Step};
use directory::{
    CredentialWhat, Error, GrantLimits, NewProgram, ProgramTokens, Secret, Settings, SignInError,
};
use model::{CredentialId, PrincipalId, Protocols, Timestamp};

use crate::house::{House, PASSWORD, cheap};

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;

async fn session(house: &House, person: PrincipalId) -> (CredentialId, Secret<String>) {
    let opened = house
        .directory
        .open_session(&house.actor, person, "Firefox on Linux");
    opened.await.unwrap()
}

async fn program(house: &House, person: PrincipalId, protocols: Protocols) -> ProgramTokens {
    let program = NewProgram {
        client: "mail-program".into(),
        label: "Mail program".into(),
        protocols,
    };
    house
        .directory
        .grant_program(&house.actor, person, &program)
        .await
        .unwrap()
}

async fn renew(house: &House, refresh: &Secret<String>) -> Result<ProgramTokens, Error> {
    house
        .directory
        .renew_program(&house.actor, refresh, "mail-program")
        .await
}

impl House {
    async fn by_session(&self, token: &Secret<String>) -> Result<CredentialId, SignInError> {
        let by = self.directory.sign_in_session(token, Protocols::JMAP, None);
        by.await.map(|signed_in| signed_in.credential)
    }

    async fn by_token(
        &self,
        token: &Secret<String>,
        protocol: Protocols,
    ) -> Result<PrincipalId, SignInError> {
        let by = self.directory.sign_in_token(token, protocol, None).await;
        by.map(|signed_in| signed_in.principal.id)
    }

    async fn holds(&self, person: PrincipalId, credential: CredentialId) -> bool {
        let asked = self
            .directory
            .still_holds(person, credential, Protocols::JMAP);
        asked.await.unwrap()
    }
}

#[tokio::test]
async fn a_browser_is_in_by_its_secret_without_a_hash_until_it_is_out() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let runs = house.directory.hash_runs();
    let (credential, token) = session(&house, anna).await;
    assert_eq!(house.by_session(&token).await, Ok(credential));
    assert!(house.holds(anna, credential).await);
    assert_eq!(house.directory.hash_runs(), runs);
    // Not for what programs speak, nor as another kind of token, nor with a secret of somebody else.
    let imap = house
        .directory
        .sign_in_session(&token, Protocols::IMAP, None);
    assert_eq!(imap.await, Err(SignInError::Refused));
    assert_eq!(
        house.by_token(&token, Protocols::JMAP).await,
        Err(SignInError::Refused)
    );
    let (_, other) = session(&house, anna).await;
    let (number, _) = token.expose().split_once('-').unwrap();
    let (_, secret) = other.expose().split_once('-').unwrap();
    let mixed = Secret::from(format!("{number}-{secret}"));
    assert_eq!(house.by_session(&mixed).await, Err(SignInError::Refused));
    let removed = house
        .directory
        .remove_credential(&house.actor, anna, credential);
    removed.await.unwrap();
    assert_eq!(house.by_session(&token).await, Err(SignInError::Refused));
    assert!(!house.holds(anna, credential).await);
    assert!(house.by_session(&other).await.is_ok());
}

#[tokio::test]
async fn a_session_ends_unused_after_a_week_and_used_after_a_month() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let (_, idle) = session(&house, anna).await;
    let (used_id, used) = session(&house, anna).await;
    for _ in 0..5 {
        house.hands.advance_ms(6 * DAY_MS - 1);
        assert!(house.by_session(&used).await.is_ok());
        house.directory.write_uses().await.unwrap();
    }
    assert_eq!(house.by_session(&idle).await, Err(SignInError::Refused));
    assert!(house.holds(anna, used_id).await);
    house.hands.advance_ms(5);
    assert_eq!(house.by_session(&used).await, Err(SignInError::Refused));
    assert!(!house.holds(anna, used_id).await);
    let list = house.directory.credential_list(anna).await.unwrap();
    assert_eq!(list.len(), 1, "dead ones are not listed");
}

#[tokio::test]
async fn whoever_changes_the_password_or_is_disabled_is_out_everywhere() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let (own, own_token) = session(&house, anna).await;
    let (_, other) = session(&house, anna).await;
    let tokens = program(&house, anna, Protocols::JMAP).await;
    let mut actor = house.actor.clone();
    actor.credential = Some(own);
    let password = Secret::from("battery staple");
    let set = house.directory.set_password(&actor, anna, &password);
    set.await.unwrap();
    assert_eq!(house.by_session(&own_token).await, Ok(own));
    assert_eq!(house.by_session(&other).await, Err(SignInError::Refused));
    assert_eq!(
        house.by_token(&tokens.access, Protocols::JMAP).await,
        Err(SignInError::Refused)
    );
    house.enable(anna, false).await;
    assert_eq!(
        house.by_session(&own_token).await,
        Err(SignInError::Refused)
    );
    house.enable(anna, true).await;
    assert_eq!(
        house.by_session(&own_token).await,
        Err(SignInError::Refused),
        "what was revoked stays so"
    );
}

#[tokio::test]
async fn a_program_has_a_token_for_an_hour_and_the_next_one_for_its_refresh_token() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let granted = Protocols(Protocols::IMAP.0 | Protocols::SUBMISSION.0);
    let first = program(&house, anna, granted).await;
    for protocol in [Protocols::IMAP, Protocols::SUBMISSION] {
        assert_eq!(house.by_token(&first.access, protocol).await, Ok(anna));
    }
    assert_eq!(
        house.by_token(&first.access, Protocols::JMAP).await,
        Err(SignInError::Refused)
    );
    assert_eq!(
        house.by_token(&first.refresh, Protocols::IMAP).await,
        Err(SignInError::Refused)
    );
    house.hands.advance_ms(HOUR_MS);
    assert_eq!(
        house.by_token(&first.access, Protocols::IMAP).await,
        Err(SignInError::Refused)
    );
    let wrong = house
        .directory
        .renew_program(&house.actor, &first.refresh, "another");
    assert!(matches!(wrong.await, Err(Error::NotFound(_))));
    let second = renew(&house, &first.refresh).await.unwrap();
    assert_eq!(
        house.by_token(&second.access, Protocols::IMAP).await,
        Ok(anna)
    );
    // The answer was lost: the program asks again with what it has.
    house.hands.advance_ms(59_999);
    let third = renew(&house, &first.refresh).await.unwrap();
    assert!(renew(&house, &third.refresh).await.is_ok());
}

#[tokio::test]
async fn a_refresh_token_used_twice_ends_the_grant() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let first = program(&house, anna, Protocols::IMAP).await;
    let second = renew(&house, &first.refresh).await.unwrap();
    // One that was invented ends nothing.
    let mut invented = first.refresh.expose().clone();
    invented.replace_range(invented.len() - 86.., &"A".repeat(86));
    assert!(renew(&house, &invented.into()).await.is_err());
    assert!(
        house
            .by_token(&second.access, Protocols::IMAP)
            .await
            .is_ok()
    );
    house.hands.advance_ms(60_000);
    assert!(renew(&house, &first.refresh).await.is_err());
    assert_eq!(
        house.by_token(&second.access, Protocols::IMAP).await,
        Err(SignInError::Refused)
    );
    assert!(renew(&house, &second.refresh).await.is_err());
    assert!(
        house
            .directory
            .credential_list(anna)
            .await
            .unwrap()
            .iter()
            .all(|one| one.what == CredentialWhat::Password)
    );
}

#[tokio::test]
async fn revoking_either_token_ends_the_grant() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let one = program(&house, anna, Protocols::IMAP).await;
    let two = program(&house, anna, Protocols::IMAP).await;
    let revoke = async |token: &Secret<String>, client: &str| {
        let revoked = house.directory.revoke_token(&house.actor, token, client);
        revoked.await.unwrap()
    };
    assert!(!revoke(&one.access, "another").await);
    assert!(revoke(&one.access, "mail-program").await);
    assert!(revoke(&two.refresh, "mail-program").await);
    assert!(!revoke(&two.refresh, "mail-program").await);
    for tokens in [one, two] {
        assert!(
            house
                .by_token(&tokens.access, Protocols::IMAP)
                .await
                .is_err()
        );
        assert!(renew(&house, &tokens.refresh).await.is_err());
    }
}

#[tokio::test]
async fn the_sixty_first_session_ends_the_one_unused_for_longest() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let mut tokens = Vec::new();
    for _ in 0..60 {
        tokens.push(session(&house, anna).await.1);
        house.hands.advance_ms(1_000);
    }
    house.by_session(&tokens[0]).await.unwrap();
    session(&house, anna).await;
    assert!(house.by_session(&tokens[0]).await.is_ok());
    assert!(house.by_session(&tokens[1]).await.is_err());
    assert!(house.by_session(&tokens[2]).await.is_ok());
}

#[tokio::test]
async fn grants_and_uses_make_no_password_hashed_again() {
    let house = House::with(Settings {
        remembered_for_ms: DAY_MS,
        grants: GrantLimits {
            access_ms: 1_000,
            ..GrantLimits::default()
        },
        ..cheap()
    })
    .await;
    let anna = house.person("anna").await;
    house.sign_in("anna@example.org", PASSWORD).await.unwrap();
    let runs = house.directory.hash_runs();
    let tokens = program(&house, anna, Protocols::IMAP).await;
    renew(&house, &tokens.refresh).await.unwrap();
    assert_eq!(house.directory.write_uses().await.unwrap(), 1);
    assert_eq!(house.directory.write_uses().await.unwrap(), 0);
    house.sign_in("anna@example.org", PASSWORD).await.unwrap();
    assert_eq!(house.directory.hash_runs(), runs);
    // What goes is forgotten at once.
    let signed_out = house
        .directory
        .remove_grants(&house.actor, anna, None)
        .await;
    assert_eq!(signed_out, Ok(1));
    house.sign_in("anna@example.org", PASSWORD).await.unwrap();
    assert_eq!(house.directory.hash_runs(), runs + 1);
}

#[tokio::test]
async fn the_list_says_what_there_is_and_when_it_was_used_also_after_a_restart() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let (_, token) = session(&house, anna).await;
    program(&house, anna, Protocols::IMAP).await;
    house.hands.advance_ms(5_000);
    let address = Some("2001:db8::1:2:3:4".parse().unwrap());
    let by = house
        .directory
        .sign_in_session(&token, Protocols::JMAP, address);
    by.await.unwrap();
    house.directory.write_uses().await.unwrap();
    let restarted = directory::Directory::new(
        house.store.clone(),
        house.hands.clock(),
        directory::Random::system(),
        cheap(),
    );
    for directory in [&house.directory, &restarted] {
        let list = directory.credential_list(anna).await.unwrap();
        let what: Vec<_> = list.iter().map(|one| &one.what).collect();
        let client = "mail-program".to_owned();
        assert_eq!(
            what,
            [
                &CredentialWhat::Password,
                &CredentialWhat::Session,
                &CredentialWhat::Program { client }
            ]
        );
        assert_eq!(list[0].last_use, None);
        let used = list[1].last_use.unwrap();
        assert_eq!(
            (used.at, used.protocol, used.network.unwrap().to_string()),
            (
                Timestamp(1_005_000),
                Protocols::JMAP,
                "2001:db8:0:0:1::".replace(":0:0:1::", "::").to_string()
            )
        );
        assert!(
            directory
                .sign_in_session(&token, Protocols::JMAP, None)
                .await
                .is_ok()
        );
    }
}

#[tokio::test]
async fn a_mail_program_signs_in_with_its_token() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let tokens = program(&house, anna, Protocols::IMAP).await;
    let begin = || {
        house.directory.sasl(
            Mechanism::OAuthBearer,
            Protocols::IMAP,
            None,
            ChannelBinding::default(),
        )
    };
    let message = |name: &str, token: &str| {
        format!("n,a={name},\x01host=mail.example.org\x01auth=Bearer {token}\x01\x01").into_bytes()
    };
    let token = tokens.access.expose();
    let right = begin().step(&message("Anna@example.org", token)).await;
    assert!(matches!(right, Step::Done(signed_in, _) if signed_in.principal.id == anna));
    for (name, token) in [
        ("bert@example.org", token.as_str()),
        ("anna@example.org", "wpa1-x"),
    ] {
        let mut exchange = begin();
        let step = exchange.step(&message(name, token)).await;
        // RFC 7628 3.2.3: the client is told why, and answers with one octet.
        assert_eq!(
            step,
            Step::Challenge(b"{\"status\":\"invalid_token\"}".to_vec())
        );
        assert_eq!(
            exchange.step(b"\x01").await,
            Step::Failed(SignInError::Refused)
        );
    }
    assert!(
        !Mechanism::offered(false, &ChannelBinding::default())
            .any(|one| one == Mechanism::OAuthBearer)
    );
}

#[tokio::test]
async fn tokens_are_nowhere_in_what_is_kept() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let (_, token) = session(&house, anna).await;
    let tokens = program(&house, anna, Protocols::IMAP).await;
    let known = house.store.engine().credentials(anna).unwrap();
    let kept = format!("{known:?}");
    for text in [&token, &tokens.access, &tokens.refresh] {
        let (_, secret) = text.expose().split_once('-').unwrap();
        assert!(!kept.contains(secret));
        assert!(!format!("{text:?}").contains(secret));
    }
    assert_eq!(
        Duration::from_millis(tokens.access_for_ms.unsigned_abs()).as_secs(),
        3_600
    );
}

#[tokio::test]
async fn a_session_for_administration_is_none_for_mail_and_ends_with_the_office() {
    let house = House::empty().await;
    let (anna, ben) = (house.person("anna").await, house.person("ben").await);
    let directory = &house.directory;
    let open = async |person| {
        directory
            .open_administration(&house.actor, person, "Firefox")
            .await
    };
    let administrates = async |token: &Secret<String>| {
        let by = directory.sign_in_administrator(token, None).await;
        by.map(|signed_in| signed_in.credential)
    };
    let office = async |holds| {
        let set = directory.set_administrator(&house.actor, anna, holds).await;
        set.unwrap();
    };
    assert!(matches!(open(anna).await, Err(Error::Conflict(_))));
    office(true).await;
    let (credential, token) = open(anna).await.unwrap();
    assert_eq!(administrates(&token).await, Ok(credential));
    assert_eq!(house.by_session(&token).await, Err(SignInError::Refused));
    // Nor is a session for mail one for administration, whoever has it, nor a program's token.
    for person in [anna, ben] {
        let (_, mail) = session(&house, person).await;
        assert_eq!(administrates(&mail).await, Err(SignInError::Refused));
    }
    let tokens = program(&house, anna, Protocols::ALL).await;
    assert_eq!(
        administrates(&tokens.access).await,
        Err(SignInError::Refused)
    );
    // With the entry that says so it is over; what was taken comes back with the office.
    office(false).await;
    assert_eq!(administrates(&token).await, Err(SignInError::Refused));
    office(true).await;
    assert_eq!(administrates(&token).await, Ok(credential));
    house.enable(anna, false).await;
    assert_eq!(administrates(&token).await, Err(SignInError::Refused));
    house.enable(anna, true).await;
    assert_eq!(administrates(&token).await, Err(SignInError::Refused));
    // An hour without use ends it, and a working day ends it in any case.
    let (credential, token) = open(anna).await.unwrap();
    house.hands.advance_ms(HOUR_MS - 1);
    assert_eq!(administrates(&token).await, Ok(credential));
    house.hands.advance_ms(HOUR_MS);
    assert_eq!(administrates(&token).await, Err(SignInError::Refused));
    let (credential, token) = open(anna).await.unwrap();
    for _ in 0..13 {
        house.hands.advance_ms(HOUR_MS * 9 / 10);
        assert_eq!(administrates(&token).await, Ok(credential));
    }
    house.hands.advance_ms(HOUR_MS * 9 / 10);
    assert_eq!(administrates(&token).await, Err(SignInError::Refused));
}
