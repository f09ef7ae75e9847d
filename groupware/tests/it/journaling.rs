//! Journaling: which messages are copied to archives, when, and what the copies say.

use groupware::{Arrival, Delivery, Recipient, Submission};
use model::{Actor, ListSettings, Queued, QueuedRecipient};

use crate::world::{World, caller};

async fn archive(world: &World, domain: Option<&str>, address: Option<&str>) {
    let directory = world.groupware.directory();
    let actor = Actor::system();
    directory
        .set_archive(&actor, domain, address)
        .await
        .unwrap();
}

async fn prepared(world: &World) -> groupware::Prepared {
    let text = "Message-ID: <1@x>\r\nSubject: Geheim\r\nBcc: cora@example.org\r\n\r\nHallo\r\n";
    world.groupware.prepare(text.into()).await.unwrap()
}

async fn submit(world: &World, to: &[&str]) {
    let recipients = to.iter().map(|to| QueuedRecipient {
        forward_path: (*to).into(),
        notify: None,
        original: None,
    });
    let submission = Submission {
        reverse_path: "anna@example.org".into(),
        recipients: recipients.collect(),
        message: prepared(world).await,
        envelope_id: None,
        dsn_return: None,
        smtputf8: false,
        require_tls: false,
        standing: model::QueueStanding::default(),
    };
    let anna = caller(world.anna);
    world.groupware.submit(&anna, submission).await.unwrap();
}

fn queue(world: &World) -> Vec<Queued> {
    world.store.engine().queue(None, 100).unwrap()
}

fn copies<'q>(queue: &'q [Queued], address: &str) -> Vec<&'q Queued> {
    let is_copy = |queued: &&Queued| queued.item.recipients[0].forward_path == address;
    queue.iter().filter(is_copy).collect()
}

/// The words of a report, and the message in it.
fn report(world: &World, queued: &Queued) -> (String, String) {
    let bytes = world.store.engine().blob(queued.item.blob).unwrap();
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.contains("\r\nX-MS-Journal-Report:"), "{text}");
    let parsed = groupware::message::parse(&bytes);
    let (_, message) = text.split_once("message/rfc822\r\n").unwrap();
    let (_, message) = message.split_once("\r\n\r\n").unwrap();
    (parsed.text.body, message.to_owned())
}

#[tokio::test]
async fn a_copy_says_to_whom_it_really_went() {
    let world = World::new().await;
    archive(&world, None, Some("keep@archive.example")).await;
    submit(
        &world,
        &[
            "bert@example.org",
            "far@example.net",
            "sales@example.org",
            "cora@example.org",
        ],
    )
    .await;
    let all = queue(&world);
    let copies = copies(&all, "keep@archive.example");
    let [copy] = copies.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!(copy.item.reverse_path, "");
    let (words, message) = report(&world, copy);
    for line in [
        "Sender: anna@example.org",
        "Subject: Geheim",
        "Message-Id: <1@x>",
        "Recipient: bert@example.org",
        "Recipient: far@example.net",
        "Recipient: cora@example.org",
        "Recipient: bert@example.org, Expanded: sales@example.org",
    ] {
        assert!(words.contains(line), "{line} in {words}");
    }
    assert!(message.starts_with("Message-ID: <1@x>\r\nSubject: Geheim\r\nBcc: "));
}

#[tokio::test]
async fn each_domain_has_its_archive_and_no_copy_is_copied() {
    let world = World::new().await;
    let keep = "desk@example.org";
    archive(&world, Some("example.org"), Some(keep)).await;
    let deliver = async |to: &str, principal| {
        let delivery = Delivery {
            reverse_path: "x@example.net".into(),
            recipients: vec![Recipient {
                principal,
                forward_path: to.into(),
            }],
            message: prepared(&world).await,
            arrival: Arrival::default(),
        };
        let actor = Actor::system();
        world.groupware.deliver(&actor, &delivery).await;
        delivery
    };
    let delivery = deliver("bert@example.org", world.bert).await;
    assert_eq!(copies(&queue(&world), keep).len(), 1);
    // What waited was copied before, and what goes to the archive alone is there.
    let account = world.anna.into();
    world.groupware.deliver_queued(account, &delivery).await;
    deliver(keep, world.desk).await;
    assert_eq!(queue(&world).len(), 1);

    let actor = Actor::system();
    let directory = world.groupware.directory();
    directory.add_domain(&actor, "other.example").await.unwrap();
    let bert = directory.set_alias(&actor, "b@other.example", world.bert);
    bert.await.unwrap();
    archive(&world, Some("example.org"), None).await;
    archive(&world, Some("other.example"), Some(keep)).await;
    submit(&world, &["far@example.net"]).await;
    assert_eq!(copies(&queue(&world), keep).len(), 1, "another domain's");
    submit(&world, &["b@OTHER.example", "far@example.net"]).await;
    let count = copies(&queue(&world), keep).len();
    assert_eq!(count, 2, "one recipient is enough");
}

#[tokio::test]
async fn the_members_of_a_list_are_named() {
    let world = World::new().await;
    let directory = world.groupware.directory();
    let actor = Actor::system();
    let edit = |settings: &mut model::MailSettings| {
        settings.list = Some(ListSettings {
            outside: vec!["far@example.net".into()],
            ..ListSettings::default()
        });
        Ok(())
    };
    let list = directory.edit_mail_settings(&actor, world.sales, edit);
    list.await.unwrap();
    archive(&world, None, Some("keep@archive.example")).await;
    submit(&world, &["sales@example.org"]).await;
    let all = queue(&world);
    let (words, _) = report(&world, copies(&all, "keep@archive.example")[0]);
    for member in ["bert@example.org", "far@example.net"] {
        let line = format!("Recipient: {member}, Expanded: sales@example.org");
        assert!(words.contains(&line), "{words}");
    }
}
