//! Lists, rights to send, forwards and archives.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{
    AccountId, Archive, Forward, ListSettings, MailSettings, Poster, Posting, PrincipalId,
    PrincipalKind, SendRight,
};

use super::directory::{domain, person, principal};
use super::subject::Subject;
use crate::change::Change;
use crate::engine::Engine;
use crate::error::Error;

const DIRECTORY: AccountId = AccountId::DIRECTORY;
const PERSON: PrincipalId = PrincipalId(1);
const GROUP: PrincipalId = PrincipalId(2);

fn set(principal: PrincipalId, settings: MailSettings) -> Change {
    Change::SetMailSettings {
        principal,
        settings: Box::new(settings),
    }
}

fn forward(to: &[&str]) -> MailSettings {
    MailSettings {
        forward: Some(Forward {
            to: to.iter().map(|to| (*to).to_owned()).collect(),
            keep: true,
        }),
        ..MailSettings::default()
    }
}

pub(super) fn are_kept(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let done = |change| subject.done(DIRECTORY, change);
    let refused = |change| subject.refused(DIRECTORY, change);
    done(domain("example.org"));
    done(person("anna@example.org"));
    let members = vec![PERSON];
    done(principal(
        "alle@example.org",
        PrincipalKind::Group { members },
    ));
    assert_eq!(
        engine.mail_settings(PERSON).unwrap(),
        MailSettings::default()
    );
    let list = ListSettings {
        posting: Posting::Named,
        posters: vec![
            Poster::Here(PERSON),
            Poster::Elsewhere("x@example.net".into()),
        ],
        moderators: vec![PERSON],
        outside: vec!["y@example.net".into()],
    };
    let list = MailSettings {
        list: Some(list),
        senders: Some(BTreeMap::from([(PERSON, SendRight::As)])),
        forward: None,
    };
    done(set(GROUP, list.clone()));
    assert_eq!(engine.mail_settings(GROUP).unwrap(), list);
    let size = engine.size().unwrap();
    done(set(GROUP, list.clone()));
    assert_eq!(engine.size().unwrap(), size, "nothing changed");
    let away = forward(&["anna@example.net"]);
    done(set(PERSON, away.clone()));
    assert_eq!(engine.mail_settings(PERSON).unwrap(), away);

    for (change, why) in [
        (set(PERSON, list), "a person is no list"),
        (set(GROUP, away), "a group forwards nothing"),
        (set(PERSON, forward(&[])), "nowhere"),
        (set(PERSON, forward(&["anna"])), "no address"),
        (set(PERSON, forward(&["a@b\r\nc"])), "more than an address"),
    ] {
        assert!(matches!(refused(change), Error::Invalid(_)), "{why}");
    }
    let unknown = set(PrincipalId(9), MailSettings::default());
    assert!(matches!(refused(unknown), Error::NotFound(_)));
    let many = vec!["a@example.net"; 11];
    assert!(matches!(
        refused(set(PERSON, forward(&many))),
        Error::Limit(_)
    ));

    done(set(PERSON, MailSettings::default()));
    assert_eq!(
        engine.mail_settings(PERSON).unwrap(),
        MailSettings::default()
    );
    done(Change::RemovePrincipal { principal: GROUP });
    assert_eq!(
        engine.mail_settings(GROUP).unwrap(),
        MailSettings::default()
    );
}

pub(super) fn archives(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let set = |domain: Option<&str>, address: Option<&str>| Change::SetArchive {
        domain: domain.map(str::to_owned),
        address: address.map(str::to_owned),
    };
    let archive = |domain: Option<&str>, address: &str| Archive {
        domain: domain.map(str::to_owned),
        address: address.into(),
    };
    let done = |change| subject.done(DIRECTORY, change);
    let org = Some("example.org");
    let unknown = subject.refused(DIRECTORY, set(org, Some("a@example.org")));
    assert!(matches!(unknown, Error::NotFound(_)));
    done(domain("example.org"));
    done(set(org, Some("a@example.org")));
    done(set(None, Some("all@example.net")));
    assert_eq!(
        engine.archives().unwrap(),
        [
            archive(None, "all@example.net"),
            archive(org, "a@example.org")
        ]
    );
    done(set(None, None));
    done(Change::RemoveDomain {
        name: "example.org".into(),
    });
    assert_eq!(engine.archives().unwrap(), []);
}
