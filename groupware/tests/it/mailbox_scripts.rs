//! Scripts that a mailbox names are run when a client does something there (RFC 6785); annotations name them (RFC 5464).

use groupware::{Error, EventCause, MailEvent, NewMessage, Place};
use model::{AccountId, Keyword, MailboxId, MailboxName, NumberSet, PrincipalId, Rights, Role};

use crate::world::{World, caller};

const SCRIPT: &str = "/shared/imapsieve/script";
const NEWS: &str =
    "From: Gast <gast@example.net>\r\nTo: anna@example.org\r\nSubject: news\r\n\r\nText\r\n";

struct Scene {
    world: World,
    place: Place,
}

impl Scene {
    /// Anna has a mailbox, and a script that it names.
    async fn new(script: &str) -> Self {
        let world = World::new().await;
        let (by, account) = (caller(world.anna), AccountId::from(world.anna));
        let groupware = &world.groupware;
        groupware.open_own(&by).await.unwrap();
        let name = MailboxName::try_from("Action").unwrap();
        let mailbox = groupware.create_mailbox(&by, account, None, name, None);
        let mailbox = mailbox.await.unwrap();
        let put = groupware.put_script(&by, account, "events", script.as_bytes().to_vec());
        put.await.unwrap();
        let said = [(SCRIPT, Some(b"events".as_slice()))];
        let annotated = groupware.annotate(&by, account, Some(mailbox), &said);
        annotated.await.unwrap();
        let place = Place { account, mailbox };
        Self { world, place }
    }

    async fn append(&self, flags: &[&str]) {
        let by = caller(self.world.anna);
        let groupware = &self.world.groupware;
        let keywords = flags.iter().map(|it| Keyword::try_from(*it).unwrap());
        let message = NewMessage {
            keywords: keywords.collect(),
            received_at: None,
            message: groupware.prepare(NEWS.into()).await.unwrap(),
        };
        let Place { account, mailbox } = self.place;
        let added = groupware.append(&by, account, mailbox, vec![message]).await;
        let uid = added.unwrap()[0].uid.0;
        self.happens(uid, EventCause::Append, &[]).await;
    }

    async fn happens(&self, uid: u32, cause: EventCause, changed: &[&str]) {
        let event = MailEvent {
            place: self.place,
            uids: NumberSet::range(uid, uid),
            cause,
            changed: changed
                .iter()
                .map(|it| Keyword::try_from(*it).unwrap())
                .collect(),
        };
        let by = caller(self.world.anna);
        self.world.groupware.mail_changed(&by, &event).await;
        self.world.engine.check().unwrap();
    }

    /// The keywords of each email in the mailbox.
    fn keywords(&self, mailbox: MailboxId) -> Vec<Vec<String>> {
        let engine = self.world.store.engine();
        let account = self.place.account;
        let head = engine.head(account).unwrap().unwrap();
        let all = NumberSet::range(1, u32::MAX);
        let rows = engine.rows(account, mailbox, &all).unwrap();
        let names = |row: &store::EmailRow| {
            let names = row.keywords.bits().filter_map(|bit| head.keyword_name(bit));
            names.map(str::to_owned).collect()
        };
        rows.iter().map(names).collect()
    }

    fn with_role(&self, role: Role) -> MailboxId {
        let engine = self.world.store.engine();
        let head = engine.head(self.place.account).unwrap().unwrap();
        head.with_role(role).unwrap().id
    }
}

#[tokio::test]
async fn a_script_marks_what_is_added_and_leaves_it_where_it_is() {
    let scene = Scene::new(
        "require [\"imapsieve\", \"environment\", \"imap4flags\", \"relational\"];\n\
         if allof (environment :is \"imap.cause\" \"APPEND\", environment :is \"imap.mailbox\" \"Action\",\n\
         environment :is \"imap.user\" \"anna@example.org\", environment :is \"location\" \"MS\")\n\
         { addflag \"\\\\Flagged\"; }",
    )
    .await;
    scene.append(&["$seen"]).await;
    let mut keywords = scene.keywords(scene.place.mailbox);
    keywords[0].sort();
    assert_eq!(keywords, [["$flagged", "$seen"]]);
}

#[tokio::test]
async fn what_is_filed_elsewhere_is_copied_and_marked_to_be_deleted() {
    let scene = Scene::new("require \"fileinto\"; fileinto \"Archive\";").await;
    scene.append(&[]).await;
    assert_eq!(scene.keywords(scene.place.mailbox), [["$deleted"]]);
    assert_eq!(scene.keywords(scene.with_role(Role::Archive)).len(), 1);
}

#[tokio::test]
async fn a_change_of_flags_sends_a_copy_on_once() {
    let scene = Scene::new(
        "require [\"imapsieve\", \"environment\", \"imap4flags\", \"copy\"];\n\
         if allof (hasflag \"\\\\Flagged\", environment :contains \"imap.changedflags\" \"\\\\Flagged\")\n\
         { redirect :copy \"boss@example.net\"; }",
    )
    .await;
    scene.append(&["$flagged"]).await;
    let queue = || scene.world.store.engine().queue(None, 10).unwrap();
    assert_eq!(queue().len(), 0, "no flag changed");
    scene.happens(1, EventCause::Flag, &["$flagged"]).await;
    let sent = queue();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].item.reverse_path, "anna@example.org");
    assert_eq!(scene.keywords(scene.place.mailbox), [["$flagged"]]);
}

#[tokio::test]
async fn what_cannot_be_done_at_an_event_leaves_all_as_it_is() {
    for script in [
        "require \"reject\"; reject \"no\";",
        "require \"vacation\"; vacation \"away\";",
        "redirect \"unknown@example.org\";",
    ] {
        let scene = Scene::new(script).await;
        scene.append(&["$seen"]).await;
        assert_eq!(scene.keywords(scene.place.mailbox), [["$seen"]], "{script}");
        assert_eq!(scene.world.store.engine().queue(None, 10).unwrap().len(), 0);
    }
}

#[tokio::test]
async fn annotations_are_shared_or_private_and_need_their_rights() {
    let scene = Scene::new("keep;").await;
    let (groupware, Place { account, mailbox }) = (&scene.world.groupware, scene.place);
    let (anna, bert) = (caller(scene.world.anna), caller(scene.world.bert));
    let names = |who: PrincipalId| {
        let by = caller(who);
        async move {
            let found = groupware.annotations(&by, account, Some(mailbox)).await;
            found.map(|all| all.into_iter().map(|it| it.name).collect::<Vec<_>>())
        }
    };
    let say = |by: groupware::Caller, name: &'static str| async move {
        let said = [(name, Some(b"x".as_slice()))];
        groupware.annotate(&by, account, Some(mailbox), &said).await
    };
    assert_eq!(names(scene.world.bert).await, Err(Error::NotFound));
    let read = Rights::LOOKUP.with(Rights::READ);
    let share = groupware.set_share(&anna, account, mailbox, Some(scene.world.bert), read);
    share.await.unwrap();
    assert_eq!(
        say(bert.clone(), "/shared/comment").await,
        Err(Error::Forbidden)
    );
    say(bert.clone(), "/private/comment").await.unwrap();
    say(anna.clone(), "/private/comment").await.unwrap();
    assert_eq!(
        names(scene.world.bert).await.unwrap(),
        ["/private/comment", SCRIPT]
    );
    let gone = [("/Private/Comment", None)];
    let done = groupware.annotate(&bert, account, Some(mailbox), &gone);
    done.await.unwrap();
    assert_eq!(names(scene.world.bert).await.unwrap(), [SCRIPT]);
    assert_eq!(
        names(scene.world.anna).await.unwrap().len(),
        2,
        "hers is still there"
    );
    assert!(matches!(
        say(anna, "comment").await,
        Err(Error::Invalid { .. })
    ));
}
