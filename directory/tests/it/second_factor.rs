//! Second factors: set up, asked for, used up, taken away.

use data_encoding::BASE32_NOPAD;
use directory::{Attempt, Error, FirstFactor, NewAppPassword, Secret, SignInError};
use hmac::{Hmac, Mac};
use model::{Passkey, PasskeyKey, PrincipalId, Protocols};
use sha1::Sha1;

use crate::house::{House, PASSWORD};

/// What an authenticator app shows at this second.
fn shown(secret: &[u8], seconds: i64) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret).unwrap();
    mac.update(&(seconds / 30).to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let at = usize::from(digest[19] & 15);
    let bits = u32::from_be_bytes(digest[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", bits % 1_000_000)
}

impl House {
    fn shown(&self, secret: &[u8]) -> String {
        shown(secret, self.hands.clock().now().0 / 1_000)
    }

    /// Gives somebody an authenticator app, and its secret.
    async fn totp(&self, person: PrincipalId) -> Vec<u8> {
        let enrolment = self.directory.begin_totp(person, "Wachpost").await.unwrap();
        let secret = BASE32_NOPAD
            .decode(enrolment.text.expose().as_bytes())
            .unwrap();
        let code = self.shown(&secret);
        let confirmed =
            self.directory
                .confirm_totp(&self.actor, person, "Phone", &enrolment.secret, &code);
        confirmed.await.unwrap();
        secret
    }

    async fn first(&self, password: &str) -> Result<FirstFactor, SignInError> {
        let attempt = Attempt {
            name: "anna@example.org",
            password: &Secret::from(password),
            protocol: Protocols::JMAP,
            address: None,
        };
        self.directory.sign_in_first(attempt).await
    }

    async fn code(&self, person: PrincipalId, code: &str) -> bool {
        let checked = self.directory.check_code(&self.actor, person, code).await;
        checked.is_ok()
    }
}

#[tokio::test]
async fn with_a_second_factor_the_password_alone_is_nothing() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let signed_in = house.sign_in("anna@example.org", PASSWORD).await.unwrap();
    assert!(matches!(
        house.first(PASSWORD).await,
        Ok(FirstFactor::Enough(_))
    ));
    let app = NewAppPassword {
        label: "Thunderbird".into(),
        protocols: Protocols::IMAP,
        expires_at: None,
    };
    let app = house.directory.add_app_password(&house.actor, anna, app);
    let (_, app) = app.await.unwrap();
    let secret = house.totp(anna).await;
    assert_eq!(
        house.sign_in("anna@example.org", PASSWORD).await,
        Err(SignInError::Refused)
    );
    let holds = house
        .directory
        .still_holds(anna, signed_in.credential, Protocols::IMAP);
    assert!(!holds.await.unwrap(), "sessions by password end");
    house
        .sign_in("anna@example.org", app.expose())
        .await
        .unwrap();
    assert!(house.first("wrong password").await.is_err());
    assert!(
        house.first(app.expose()).await.is_err(),
        "that is for programs"
    );
    let Ok(FirstFactor::Half(half, factors)) = house.first(PASSWORD).await else {
        panic!("a second factor is asked for");
    };
    assert_eq!((half.principal.id, factors.totp), (anna, true));
    house.hands.advance_ms(30_000);
    let code = house.shown(&secret);
    assert!(house.code(anna, &code).await);
    assert!(!house.code(anna, &code).await, "each code is good once");
    house
        .directory
        .reset_second_factors(&house.actor, anna)
        .await
        .unwrap();
    house.sign_in("anna@example.org", PASSWORD).await.unwrap();
}

#[tokio::test]
async fn wrong_codes_slow_down() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    house.totp(anna).await;
    house.hands.advance_ms(30_000);
    for _ in 0..6 {
        assert!(!house.code(anna, "000000").await);
    }
    let checked = house
        .directory
        .check_code(&house.actor, anna, "000000")
        .await;
    assert!(matches!(checked, Err(SignInError::Slow { .. })));
}

#[tokio::test]
async fn enrolment_needs_the_right_code_and_keeps_nothing_before() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let enrolment = house.directory.begin_totp(anna, "Wachpost").await.unwrap();
    let secret = &enrolment.secret;
    let wrong = house
        .directory
        .confirm_totp(&house.actor, anna, "Phone", secret, "12345");
    assert!(matches!(
        wrong.await,
        Err(Error::Invalid { field: "code", .. })
    ));
    assert!(
        house
            .directory
            .second_factors(anna)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn recovery_codes_are_good_once_and_go_with_the_last_factor() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let none = house.directory.new_recovery_codes(&house.actor, anna).await;
    assert!(matches!(none, Err(Error::Conflict(_))));
    house.totp(anna).await;
    let old = house
        .directory
        .new_recovery_codes(&house.actor, anna)
        .await
        .unwrap();
    let codes = house
        .directory
        .new_recovery_codes(&house.actor, anna)
        .await
        .unwrap();
    assert_eq!(codes.len(), 10);
    assert!(!house.code(anna, old[0].expose()).await);
    assert!(house.code(anna, &codes[0].expose().to_uppercase()).await);
    assert!(!house.code(anna, codes[0].expose()).await);
    let factors = house.directory.second_factors(anna).await.unwrap();
    assert_eq!(factors.recovery_codes, 9);
    let list = house.directory.credential_list(anna).await.unwrap();
    let totp = list.iter().find(|one| one.label == "Phone").unwrap().id;
    let removed = house.directory.remove_credential(&house.actor, anna, totp);
    removed.await.unwrap();
    let factors = house.directory.second_factors(anna).await.unwrap();
    assert_eq!((factors.recovery_codes, factors.is_empty()), (0, true));
}

#[tokio::test]
async fn a_passkeys_counter_has_to_rise() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let passkey = Passkey {
        label: "Key".into(),
        name: vec![1, 2, 3],
        key: PasskeyKey::EdDsa(vec![0; 32]),
        counter: 5,
    };
    let add = async |passkey: &Passkey| {
        let added = house
            .directory
            .add_passkey(&house.actor, anna, passkey.clone());
        added.await
    };
    let id = add(&passkey).await.unwrap();
    assert!(matches!(add(&passkey).await, Err(Error::AlreadyExists(_))));
    let note = async |counter| {
        let noted = house
            .directory
            .note_passkey(&house.actor, anna, id, counter);
        noted.await.unwrap()
    };
    assert_eq!(note(6).await, Some(id));
    assert_eq!(note(6).await, None);
    assert_eq!(note(0).await, None);
    assert_eq!(note(7).await, Some(id));
}
