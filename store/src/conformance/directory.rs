//! The directory: domains, principals, aliases, groups, credentials.

use std::sync::Arc;

use model::{
    AccountId, AppPassword, CredentialId, CredentialKind, CredentialUse, Domain, Grant,
    GrantHolder, PasswordVerifier, Principal, PrincipalId, PrincipalKind, Protocols, ScramVerifier,
    SecretHash, Timestamp, Totp,
};

use super::subject::{ANNA, Subject};
use crate::change::{Change, NewPrincipal, NewSecret, Outcome};
use crate::engine::Engine;
use crate::error::Error;

const DIRECTORY: AccountId = AccountId::DIRECTORY;

pub(super) fn domain(name: &str) -> Change {
    Change::SetDomain(Domain {
        name: name.into(),
        catch_all: None,
    })
}

pub(super) fn person(address: &str) -> Change {
    principal(address, PrincipalKind::Person)
}

pub(super) fn principal(address: &str, kind: PrincipalKind) -> Change {
    Change::AddPrincipal(NewPrincipal {
        address: address.into(),
        name: format!("Name von {address}"),
        kind,
        quota_octets: Some(1 << 30),
        administrator: false,
    })
}

pub(super) fn alias(address: &str, principal: u32) -> Change {
    Change::SetAlias {
        address: address.into(),
        principal: PrincipalId(principal),
    }
}

pub(super) fn verifier(text: &str) -> PasswordVerifier {
    PasswordVerifier {
        argon2id: text.into(),
        scram: ScramVerifier {
            salt: text.as_bytes().to_vec(),
            iterations: 4_096,
            stored_key: [1; 32],
            server_key: [2; 32],
        },
    }
}

fn remove(principal: u32) -> Change {
    Change::RemovePrincipal {
        principal: PrincipalId(principal),
    }
}

pub(super) fn addresses_are_unique(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let done = |change| subject.done(DIRECTORY, change);
    let refused = |change| subject.refused(DIRECTORY, change);
    assert!(
        matches!(refused(person("a@example.org")), Error::NotFound(_)),
        "no such domain"
    );
    done(domain("example.org"));
    assert_eq!(
        done(person("a@example.org")),
        Outcome::Principal(PrincipalId(1))
    );
    assert_eq!(
        done(person("b@example.org")),
        Outcome::Principal(PrincipalId(2))
    );
    done(alias("c@example.org", 1));
    for taken in ["a@example.org", "c@example.org"] {
        assert!(
            matches!(refused(person(taken)), Error::AlreadyExists(_)),
            "{taken}"
        );
    }
    assert!(matches!(
        refused(alias("a@example.org", 2)),
        Error::AlreadyExists(_)
    ));
    assert!(matches!(
        refused(alias("b@example.org", 2)),
        Error::AlreadyExists(_)
    ));
    assert!(matches!(
        refused(alias("x@example.net", 1)),
        Error::NotFound(_)
    ));
    assert!(matches!(
        refused(alias("x@example.org", 9)),
        Error::NotFound(_)
    ));
    assert!(matches!(refused(person("no address")), Error::Invalid(_)));
    let at = |address: &str| {
        engine
            .principal_at(address)
            .unwrap()
            .map(|known| known.id.0)
    };
    assert_eq!(
        (
            at("a@example.org"),
            at("b@example.org"),
            at("c@example.org")
        ),
        (Some(1), Some(2), Some(1))
    );
    assert_eq!(at("d@example.org"), None);
    // Twice within one request is once too many, and so is what stands on what goes.
    let gone = Change::RemovePrincipal {
        principal: PrincipalId(1),
    };
    for twice in [
        vec![person("d@example.org"), alias("d@example.org", 1)],
        vec![gone, alias("d@example.org", 1)],
    ] {
        let answer = subject.commit(DIRECTORY, twice);
        assert!(matches!(answer, Err(Error::Invalid(_))), "{answer:?}");
    }
    assert_eq!(at("d@example.org"), None);

    let mut anna = engine.principal(PrincipalId(1)).unwrap().unwrap();
    anna.address = "b@example.org".into();
    let error = refused(Change::UpdatePrincipal(anna.clone()));
    assert!(matches!(error, Error::AlreadyExists(_)));
    anna.address = "e@example.org".into();
    done(Change::UpdatePrincipal(anna));
    assert_eq!(
        (at("a@example.org"), at("e@example.org")),
        (None, Some(1)),
        "the old one is free"
    );
    assert_eq!(
        done(person("a@example.org")),
        Outcome::Principal(PrincipalId(3))
    );

    let remove_alias = |address: &str| Change::RemoveAlias {
        address: address.into(),
    };
    assert!(
        matches!(refused(remove_alias("e@example.org")), Error::Invalid(_)),
        "the main address"
    );
    assert!(matches!(
        refused(remove_alias("z@example.org")),
        Error::NotFound(_)
    ));
    assert_eq!(engine.aliases(PrincipalId(1)).unwrap(), ["c@example.org"]);
    done(remove_alias("c@example.org"));
    assert!(engine.aliases(PrincipalId(1)).unwrap().is_empty());
    assert_eq!(at("c@example.org"), None);

    let gone = |name: &str| Change::RemoveDomain { name: name.into() };
    assert!(
        matches!(refused(gone("example.org")), Error::Invalid(_)),
        "it is in use"
    );
    assert!(matches!(refused(gone("example.net")), Error::NotFound(_)));
    done(domain("a.example"));
    let names: Vec<_> = engine
        .domains()
        .unwrap()
        .into_iter()
        .map(|known| known.name)
        .collect();
    assert_eq!(names, ["a.example", "example.org"]);
    done(gone("a.example"));
    assert_eq!(engine.domain("a.example").unwrap(), None);
    assert!(matches!(
        subject.refused(ANNA, domain("b.example")),
        Error::Invalid(_)
    ));
}

pub(super) fn principals(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let done = |change| subject.done(DIRECTORY, change);
    done(domain("example.org"));
    for name in ["a", "b", "c", "d"] {
        done(person(&format!("{name}@example.org")));
    }
    let expected = Principal {
        id: PrincipalId(2),
        address: "b@example.org".into(),
        name: "Name von b@example.org".into(),
        kind: PrincipalKind::Person,
        quota_octets: Some(1 << 30),
        administrator: false,
        enabled: true,
    };
    assert_eq!(
        engine.principal(PrincipalId(2)).unwrap().as_ref(),
        Some(&expected)
    );
    let page = |after, limit| {
        let page = engine.principals(PrincipalId(after), limit).unwrap();
        page.iter().map(|known| known.id.0).collect::<Vec<_>>()
    };
    assert_eq!(page(0, 3), [1, 2, 3]);
    assert_eq!(page(3, 3), [4]);
    let changed = Principal {
        name: "Ændert".into(),
        quota_octets: None,
        administrator: true,
        enabled: false,
        ..expected
    };
    done(Change::UpdatePrincipal(changed.clone()));
    assert_eq!(
        engine.principal(PrincipalId(2)).unwrap(),
        Some(changed.clone())
    );
    let size = engine.size().unwrap();
    done(Change::UpdatePrincipal(changed));
    assert_eq!(engine.size().unwrap(), size, "nothing changed, no entry");

    done(alias("b2@example.org", 2));
    let catch_all = Domain {
        name: "example.org".into(),
        catch_all: Some(PrincipalId(1)),
    };
    done(Change::SetDomain(catch_all.clone()));
    assert_eq!(engine.domain("example.org").unwrap(), Some(catch_all));
    let secret = NewSecret {
        principal: PrincipalId(3),
        kind: CredentialKind::Password(verifier("x")),
    };
    done(Change::AddCredential(secret));
    done(remove(2));
    done(remove(3));
    assert_eq!(engine.principal(PrincipalId(2)).unwrap(), None);
    assert_eq!(engine.principal_at("b@example.org").unwrap(), None);
    assert_eq!(engine.principal_at("b2@example.org").unwrap(), None);
    assert!(engine.aliases(PrincipalId(2)).unwrap().is_empty());
    assert!(engine.credentials(PrincipalId(3)).unwrap().is_empty());
    assert!(matches!(
        subject.refused(DIRECTORY, remove(2)),
        Error::NotFound(_)
    ));
    let outcome = done(person("b2@example.org"));
    assert_eq!(
        outcome,
        Outcome::Principal(PrincipalId(5)),
        "numbers are never used again"
    );
}

pub(super) fn groups(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let done = |change| subject.done(DIRECTORY, change);
    let group = |members: &[u32]| PrincipalKind::Group {
        members: members.iter().copied().map(PrincipalId).collect(),
    };
    let of = |principal| {
        let groups = engine.groups_of(PrincipalId(principal)).unwrap();
        groups.iter().map(|group| group.0).collect::<Vec<_>>()
    };
    done(domain("example.org"));
    done(person("a@example.org"));
    done(person("b@example.org"));
    done(principal("team@example.org", group(&[2, 1])));
    done(principal("alle@example.org", group(&[3, 1])));
    assert_eq!(
        (of(1), of(2), of(3), of(4)),
        (vec![3, 4], vec![3], vec![4], vec![])
    );
    let team = engine.principal(PrincipalId(3)).unwrap().unwrap();
    assert_eq!(team.kind, group(&[2, 1]), "members keep their order");
    for members in [&[9][..], &[5][..]] {
        let error = subject.refused(DIRECTORY, principal("x@example.org", group(members)));
        assert!(
            matches!(error, Error::NotFound(_) | Error::Invalid(_)),
            "{error:?}"
        );
    }
    let own = Principal {
        kind: group(&[1, 3]),
        ..team.clone()
    };
    let error = subject.refused(DIRECTORY, Change::UpdatePrincipal(own));
    assert!(matches!(error, Error::Invalid(_)), "its own member");
    done(Change::UpdatePrincipal(Principal {
        kind: group(&[1]),
        ..team
    }));
    assert_eq!((of(1), of(2)), (vec![3, 4], vec![]));
    let catch_all = Domain {
        name: "example.org".into(),
        catch_all: Some(PrincipalId(1)),
    };
    done(Change::SetDomain(catch_all));
    // Who goes leaves the groups, and catches nothing any more.
    done(remove(1));
    assert_eq!(of(1), Vec::<u32>::new());
    let team = engine.principal(PrincipalId(3)).unwrap().unwrap();
    assert_eq!(team.kind, group(&[]));
    assert_eq!(
        engine.domain("example.org").unwrap().unwrap().catch_all,
        None
    );
    done(remove(3));
    assert_eq!(
        engine.principal(PrincipalId(4)).unwrap().unwrap().kind,
        group(&[])
    );
}

pub(super) fn credentials_count_on(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let done = |change| subject.done(DIRECTORY, change);
    let settled = || engine.head(DIRECTORY).unwrap().unwrap();
    done(domain("example.org"));
    done(person("a@example.org"));
    let totp = |last_step| {
        CredentialKind::Totp(Totp {
            label: "Telefon".into(),
            secret: vec![7; 20],
            last_step,
        })
    };
    let id = CredentialId(1);
    let update = |from: CredentialKind, to: CredentialKind| Change::UpdateCredential {
        credential: id,
        from: Box::new(from),
        to: Box::new(to),
    };
    done(Change::AddCredential(NewSecret {
        principal: PrincipalId(1),
        kind: totp(0),
    }));
    let head = settled();
    assert_eq!(
        head.settled, head.seq,
        "a new second factor changes who is let in"
    );
    done(update(totp(0), totp(5)));
    // Whoever has read it before is too late.
    let refused = |change| subject.refused(DIRECTORY, change);
    assert_eq!(refused(update(totp(0), totp(6))), Error::StateMismatch);
    let password = CredentialKind::Password(verifier("x"));
    assert!(matches!(
        refused(update(totp(5), password)),
        Error::Invalid(_)
    ));
    let note = |credential| CredentialUse {
        credential: CredentialId(credential),
        at: Timestamp(77),
        protocol: Protocols::JMAP,
        network: Some([192, 0, 2, 0].into()),
    };
    done(Change::NoteCredentialUses(vec![note(1), note(9)]));
    let uses = engine.credential_uses(PrincipalId(1)).unwrap();
    assert_eq!(uses, [note(1)], "of those that are gone nothing is noted");
    let known = engine.credential(id).unwrap().unwrap();
    assert_eq!((known.principal, known.kind), (PrincipalId(1), totp(5)));
    assert_eq!(
        settled().settled,
        head.settled,
        "counting on changes nothing else"
    );
    done(Change::RemoveCredential { credential: id });
    assert_eq!(engine.credential(id).unwrap(), None);
    assert!(engine.credential_uses(PrincipalId(1)).unwrap().is_empty());
    let head = settled();
    assert_eq!(head.settled, head.seq);
}

pub(super) fn credentials(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let done = |change| subject.done(DIRECTORY, change);
    done(domain("example.org"));
    done(person("a@example.org"));
    let members = Vec::new();
    done(principal(
        "team@example.org",
        PrincipalKind::Group { members },
    ));
    let password = |principal, text: &str| {
        Change::AddCredential(NewSecret {
            principal: PrincipalId(principal),
            kind: CredentialKind::Password(verifier(text)),
        })
    };
    let app = CredentialKind::AppPassword(AppPassword {
        label: "Telefon".into(),
        protocols: Protocols::IMAP,
        expires_at: Some(Timestamp(99)),
        verifier: verifier("telefon"),
    });
    let app_password = Change::AddCredential(NewSecret {
        principal: PrincipalId(1),
        kind: app.clone(),
    });
    assert_eq!(
        done(password(1, "alt")),
        Outcome::Credential(CredentialId(1))
    );
    assert_eq!(done(app_password), Outcome::Credential(CredentialId(2)));
    assert_eq!(
        done(password(1, "neu")),
        Outcome::Credential(CredentialId(3))
    );
    let mut known = engine.credentials(PrincipalId(1)).unwrap();
    known.sort_by_key(|credential| credential.id);
    assert_eq!(known.len(), 2, "a password replaces the one there was");
    assert_eq!((known[0].id, &known[0].kind), (CredentialId(2), &app));
    let new = CredentialKind::Password(verifier("neu"));
    assert_eq!((known[1].id, &known[1].kind), (CredentialId(3), &new));
    let gone = |credential| Change::RemoveCredential {
        credential: CredentialId(credential),
    };
    assert!(matches!(
        subject.refused(DIRECTORY, gone(1)),
        Error::NotFound(_)
    ));
    done(gone(2));
    assert_eq!(engine.credentials(PrincipalId(1)).unwrap().len(), 1);
    assert!(matches!(
        subject.refused(DIRECTORY, password(2, "x")),
        Error::Invalid(_)
    ));
    assert!(matches!(
        subject.refused(DIRECTORY, password(9, "x")),
        Error::NotFound(_)
    ));
    // Nothing of them can be read off the debug output of an entry.
    let entries = engine.journal(DIRECTORY, model::Seq::START, 100).unwrap();
    assert!(
        !format!("{entries:?}").contains("neu"),
        "secrets are not printed"
    );
}

/// A credential of one of four kinds.
pub(super) fn credential_kind(what: u8) -> CredentialKind {
    match what {
        0 => CredentialKind::Password(verifier("geheim")),
        1 => CredentialKind::AppPassword(AppPassword {
            label: "Programm".into(),
            protocols: Protocols::IMAP,
            expires_at: None,
            verifier: verifier("programm"),
        }),
        2 => CredentialKind::Totp(Totp {
            label: "Telefon".into(),
            secret: vec![7; 20],
            last_step: 0,
        }),
        _ => CredentialKind::Grant(Grant {
            holder: GrantHolder::Browser,
            label: "Browser".into(),
            protocols: Protocols::JMAP,
            expires_at: None,
            idle_ms: 1,
            secret: SecretHash([0; 32]),
            refresh: None,
            refreshed: None,
            access: Vec::new(),
        }),
    }
}

/// The same after it was used.
pub(super) fn counted_on(mut kind: CredentialKind) -> CredentialKind {
    match &mut kind {
        CredentialKind::Totp(totp) => totp.last_step += 1,
        CredentialKind::Grant(grant) => grant.idle_ms += 1,
        CredentialKind::AppPassword(app) => app.label.push('n'),
        CredentialKind::Password(_)
        | CredentialKind::Passkey(_)
        | CredentialKind::RecoveryCodes(_) => {}
    }
    kind
}
