//! Changing the directory.

use directory::{Error, NewGroup, NewPerson, Secret};
use model::{AccountId, Actor, Face, Protocols, SessionId, Timestamp};

use crate::house::{House, PASSWORD};

fn person(address: &str) -> NewPerson {
    NewPerson {
        address: address.into(),
        name: "Somebody".into(),
        password: None,
        quota_octets: None,
        administrator: false,
    }
}

#[tokio::test]
async fn each_change_names_who_made_it() {
    let mut house = House::empty().await;
    house.actor = Actor {
        principal: Some(model::PrincipalId(77)),
        session: SessionId(5),
        face: Face::Admin,
        ..Actor::system()
    };
    let anna = house.person("anna").await;
    let quota = house.directory.set_quota(&house.actor, anna, Some(1_000));
    quota.await.unwrap();
    for account in [AccountId::DIRECTORY, AccountId::from(anna)] {
        let engine = house.store.engine();
        let journal = engine.journal(account, model::Seq::START, 100).unwrap();
        let last = journal.last().unwrap();
        assert_eq!(last.commit.as_ref().unwrap().actor, house.actor);
        assert_eq!(last.at, Timestamp(1_000_000));
    }
    let head = house.store.engine().head(AccountId::from(anna)).unwrap();
    assert_eq!(head.unwrap().quota_octets, Some(1_000));
    let principal = house.directory.principal(anna).await.unwrap().unwrap();
    assert_eq!(principal.quota_octets, Some(1_000));
}

#[tokio::test]
async fn no_journal_holds_a_password() {
    let house = House::empty().await;
    house.person("anna").await;
    let engine = house.store.engine();
    let journal = engine.journal(AccountId::DIRECTORY, model::Seq::START, 100);
    for entry in journal.unwrap() {
        let bytes = entry.commit.unwrap().encode().unwrap();
        let found = bytes
            .windows(PASSWORD.len())
            .any(|part| part == PASSWORD.as_bytes());
        assert!(!found);
    }
}

#[tokio::test]
async fn domains_come_and_go() {
    let house = House::empty().await;
    let (directory, actor) = (&house.directory, &house.actor);
    let taken = directory.add_domain(actor, "EXAMPLE.org").await;
    assert_eq!(taken, Err(Error::AlreadyExists("the domain")));
    for name in ["", "exa mple.org", "-x.org", "x..org"] {
        assert!(
            matches!(
                directory.add_domain(actor, name).await,
                Err(Error::Invalid { .. })
            ),
            "{name}"
        );
    }
    directory.add_domain(actor, "bücher.example").await.unwrap();
    let names: Vec<_> = directory.domains().await.unwrap();
    assert_eq!(names.len(), 2);
    house.person("anna").await;
    let used = directory.remove_domain(actor, "example.org").await;
    assert!(matches!(used, Err(Error::Conflict(_))), "{used:?}");
    directory
        .remove_domain(actor, "Bücher.example")
        .await
        .unwrap();
    assert_eq!(
        directory.remove_domain(actor, "x.org").await,
        Err(Error::NotFound("the domain"))
    );
    assert_eq!(
        directory.set_catch_all(actor, "x.org", None).await,
        Err(Error::NotFound("the domain"))
    );
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_a_reason() {
    let house = House::empty().await;
    let (directory, actor) = (&house.directory, &house.actor);
    let anna = house.person("anna").await;
    let taken = directory
        .add_person(actor, person("ANNA@example.org"))
        .await;
    assert_eq!(taken, Err(Error::AlreadyExists("the address")));
    let elsewhere = directory.add_person(actor, person("a@example.net")).await;
    assert_eq!(elsewhere, Err(Error::NotFound("the domain")));
    for address in ["anna", "a b@example.org", "@example.org"] {
        let added = directory.add_person(actor, person(address)).await;
        assert!(
            matches!(
                added,
                Err(Error::Invalid {
                    field: "address",
                    ..
                })
            ),
            "{address}"
        );
    }
    let short = NewPerson {
        password: Some(Secret::from("short")),
        ..person("c@example.org")
    };
    let added = directory.add_person(actor, short).await;
    assert!(matches!(
        added,
        Err(Error::Invalid {
            field: "password",
            ..
        })
    ));
    assert_eq!(
        directory.principal_at("c@example.org").await,
        Ok(None),
        "nothing half done"
    );
    let nameless = NewPerson {
        name: " \t".into(),
        ..person("c@example.org")
    };
    let added = directory.add_person(actor, nameless).await;
    assert!(matches!(added, Err(Error::Invalid { field: "name", .. })));
    let group = house.group("group", &[anna]).await;
    let conflicts = [
        directory
            .set_password(actor, group, &Secret::from(PASSWORD))
            .await,
        directory.set_administrator(actor, group, true).await,
        directory.set_quota(actor, group, Some(1)).await,
        directory.add_member(actor, anna, group).await,
        directory.remove_alias(actor, "anna@example.org").await,
    ];
    for conflict in conflicts {
        assert!(matches!(conflict, Err(Error::Conflict(_))), "{conflict:?}");
    }
    let missing = model::PrincipalId(999);
    assert_eq!(
        directory.rename(actor, missing, "X").await,
        Err(Error::NotFound("the principal"))
    );
    let strangers = NewGroup {
        address: "g@example.org".into(),
        name: "G".into(),
        members: vec![missing],
    };
    assert_eq!(
        directory.add_group(actor, strangers).await,
        Err(Error::NotFound("the principal"))
    );
}

#[tokio::test]
async fn principals_change_and_are_listed() {
    let house = House::empty().await;
    let (directory, actor) = (&house.directory, &house.actor);
    let (anna, bert) = (house.person("anna").await, house.person("bert").await);
    directory.rename(actor, anna, " Anna B. ").await.unwrap();
    directory
        .set_address(actor, anna, "Anna.B@example.org")
        .await
        .unwrap();
    directory
        .set_alias(actor, "anna@example.org", anna)
        .await
        .unwrap();
    directory
        .set_administrator(actor, anna, true)
        .await
        .unwrap();
    let listed = directory
        .principals(model::PrincipalId(0), 10)
        .await
        .unwrap();
    assert_eq!(
        listed.iter().map(|one| one.id).collect::<Vec<_>>(),
        [anna, bert]
    );
    assert_eq!(
        (listed[0].name.as_str(), listed[0].administrator),
        ("Anna B.", true)
    );
    assert_eq!(directory.aliases(anna).await.unwrap(), ["anna@example.org"]);
    house.sign_in("anna@example.org", PASSWORD).await.unwrap();
    house.sign_in("anna.b@example.org", PASSWORD).await.unwrap();
    directory
        .remove_alias(actor, "Anna@example.org")
        .await
        .unwrap();
    assert!(house.sign_in("anna@example.org", PASSWORD).await.is_err());
    assert_eq!(directory.principals(anna, 10).await.unwrap().len(), 1);
    assert_eq!(
        directory
            .principals(model::PrincipalId(0), 1)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn who_is_removed_is_in_no_group_and_catches_nothing() {
    let house = House::empty().await;
    let (directory, actor) = (&house.directory, &house.actor);
    let (anna, bert) = (house.person("anna").await, house.person("bert").await);
    let group = house.group("group", &[anna, bert]).await;
    directory
        .set_catch_all(actor, "example.org", Some(anna))
        .await
        .unwrap();
    directory.remove(actor, anna).await.unwrap();
    assert_eq!(
        directory.remove(actor, anna).await,
        Err(Error::NotFound("the principal"))
    );
    assert_eq!(directory.domains().await.unwrap()[0].catch_all, None);
    // The group can still be changed.
    directory.remove_member(actor, group, bert).await.unwrap();
    let gone = directory.remove_member(actor, group, bert).await;
    assert_eq!(gone, Err(Error::NotFound("the member")));
    directory.add_member(actor, group, bert).await.unwrap();
}

#[tokio::test]
async fn changes_at_the_same_time_all_happen() {
    let house = House::empty().await;
    let (directory, actor) = (&house.directory, &house.actor);
    let group = house.group("group", &[]).await;
    let (anna, bert) = (house.shared("anna").await, house.shared("bert").await);
    let (one, two, three) = tokio::join!(
        directory.add_member(actor, group, anna),
        directory.add_member(actor, group, bert),
        directory.rename(actor, group, "All of us"),
    );
    assert_eq!((one, two, three), (Ok(()), Ok(()), Ok(())));
    let group = directory.principal(group).await.unwrap().unwrap();
    let members = vec![anna, bert];
    assert_eq!(group.kind, model::PrincipalKind::Group { members });
    assert_eq!(group.name, "All of us");
}

#[tokio::test]
async fn app_passwords_are_checked_before_they_are_made() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let make = |label: &str, protocols, expires_at| {
        let new = directory::NewAppPassword {
            label: label.into(),
            protocols,
            expires_at,
        };
        house.directory.add_app_password(&house.actor, anna, new)
    };
    for (field, made) in [
        ("name", make("", Protocols::IMAP, None).await),
        ("protocols", make("x", Protocols(0), None).await),
        ("protocols", make("x", Protocols(1 << 15), None).await),
        (
            "expires_at",
            make("x", Protocols::IMAP, Some(Timestamp(1_000_000))).await,
        ),
    ] {
        let Err(Error::Invalid { field: refused, .. }) = made else {
            panic!("{field} is not checked");
        };
        assert_eq!(refused, field);
    }
    let (one, two) = tokio::join!(
        make("a", Protocols::IMAP, None),
        make("b", Protocols::DAV, None)
    );
    assert_ne!(one.unwrap().0, two.unwrap().0);
}
