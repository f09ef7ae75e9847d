//! Mail from our own people: who may send as whom, what is added, what is queued.

use model::{DsnNotify, DsnReturn, QueuedRecipient, SendRight};
use smtp::session::{Service, Settings};

use crate::client::Client;
use crate::house::{House, Offer, Served, content};

/// `user@example.org` with the password `secret`.
pub(crate) const PLAIN: &str = "AUTH PLAIN AHVzZXJAZXhhbXBsZS5vcmcAc2VjcmV0";

async fn signed_in(served: &Served) -> Client {
    let mut client = Client::greeted(served, "EHLO client.example").await;
    assert_eq!(client.say(PLAIN).await, "235 2.7.0 Signed in.");
    client
}

#[tokio::test]
async fn a_message_is_delivered_here_and_queued_for_elsewhere() {
    let house = House::new().await;
    let session = Settings::new(Service::Submission, "mail.example.org");
    let served = house.serve(&session, Offer::Tls);
    let mut client = Client::tcp(&served).await;
    client.start_tls(&served).await;
    client.lines(1).await;
    client.say("EHLO client.example").await;
    client.say(PLAIN).await;
    let sender = client
        .say("MAIL FROM:<a@example.org> RET=HDRS ENVID=QQ+2B1 SMTPUTF8 REQUIRETLS AUTH=<>")
        .await;
    assert_eq!(sender, "250 2.1.0 Sender accepted.");
    for (recipient, code) in [
        ("<b@example.org>", "250"),
        ("<unknown@example.org>", "550"),
        (
            "<ü@elsewhere.example> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;\\x{FC}@c",
            "250",
        ),
        ("<y@elsewhere.example> NOTIFY=NEVER", "250"),
    ] {
        let reply = client.say(&format!("RCPT TO:{recipient}")).await;
        assert!(reply.starts_with(code), "{recipient}: {reply}");
    }
    client.say("DATA").await;
    let message = "Date: x\r\nMessage-ID: <x@y>\r\nBcc: secret@example.net\r\nFrom: User <a@example.org>\r\n\r\nx\r\n";
    let reply = client.say(&format!("{message}.")).await;
    assert_eq!(reply, "250 2.0.0 Accepted as 0000000000000000-1.");

    let inbox = house.inbox("b@example.org").await;
    assert_eq!(content(&inbox[0]), message.as_bytes());
    let text = String::from_utf8_lossy(&inbox[0]);
    assert!(
        text.starts_with("Received: from client.example\r\n"),
        "{text}"
    );
    assert!(text.contains(" with UTF8SMTPSA id "), "{text}");
    assert!(!text.contains("127.0.0.1"), "where the sender is: {text}");
    let queue = house.queue();
    let [queued] = queue.as_slice() else {
        panic!("{} items", queue.len())
    };
    let item = &queued.item;
    assert_eq!(
        queued.account,
        house.principal("user@example.org").await.into()
    );
    assert_eq!(item.reverse_path, "a@example.org");
    assert_eq!(item.envelope_id.as_deref(), Some("QQ+1"));
    assert_eq!(item.dsn_return, Some(DsnReturn::Headers));
    assert!(item.smtputf8 && item.require_tls);
    let recipient = |forward_path: &str, notify, original: Option<&str>| QueuedRecipient {
        forward_path: forward_path.into(),
        notify: Some(notify),
        original: original.map(Into::into),
    };
    let notify = DsnNotify {
        success: true,
        delay: true,
        ..DsnNotify::default()
    };
    let never = DsnNotify {
        never: true,
        ..DsnNotify::default()
    };
    assert_eq!(
        item.recipients,
        [
            recipient("ü@elsewhere.example", notify, Some("utf-8;\\x{FC}@c")),
            recipient("y@elsewhere.example", never, None),
        ]
    );
    assert_eq!(house.engine.blob_count(), 1);
    house.engine.check().unwrap();
}

#[tokio::test]
async fn what_a_message_lacks_is_added() {
    let house = House::new().await;
    let served = house.serve_plain(Service::Submission);
    let mut client = signed_in(&served).await;
    let message = b"From: user@example.org\r\n\r\nDate: no field\r\n";
    let replies = client
        .deliver("user@example.org", &["b@example.org"], message)
        .await;
    assert!(replies[2].starts_with("250"), "{replies:?}");
    let inbox = house.inbox("b@example.org").await;
    let expected = "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n\
         Message-ID: <00000000000000000000000000000000@mail.example.org>\r\n\
         From: user@example.org\r\n\r\nDate: no field\r\n";
    assert_eq!(String::from_utf8_lossy(content(&inbox[0])), expected);
    assert!(inbox[0].starts_with(b"Return-Path: <user@example.org>\r\nReceived: "));
    assert!(house.queue().is_empty());
}

#[tokio::test]
async fn nobody_sends_in_the_name_of_another() {
    let house = House::new().await;
    let served = house.serve_plain(Service::Submission);
    let mut client = signed_in(&served).await;
    for sender in [
        "stranger@example.org",
        "someone@elsewhere.example",
        "desk@example.org",
    ] {
        let reply = client.say(&format!("MAIL FROM:<{sender}>")).await;
        assert_eq!(reply, "553 5.7.1 You may not send with this address.");
    }
    for (from, code) in [
        ("From: stranger@example.org\r\n", "550 5.7.1"),
        (
            "From: user@example.org, boss@elsewhere.example\r\n",
            "550 5.7.1",
        ),
        (
            "From: user@example.org\r\nFrom: boss@elsewhere.example\r\n",
            "554 5.6.0",
        ),
        ("From: nobody\r\n", "550 5.7.1"),
        ("Subject: x\r\n", "554 5.6.0"),
        ("From: Team <team@example.org>\r\n", "250 2.0.0"),
        ("From: user+tag@example.org, a@example.org\r\n", "250 2.0.0"),
        (
            "Resent-From: user@example.org\r\nFrom: boss@elsewhere.example\r\n",
            "250 2.0.0",
        ),
    ] {
        let message = format!("{from}\r\nx\r\n");
        let replies = client
            .deliver(
                "user+tag@example.org",
                &["far@elsewhere.example"],
                message.as_bytes(),
            )
            .await;
        assert!(replies[2].starts_with(code), "{from}: {}", replies[2]);
    }
    assert_eq!(house.queue().len(), 3);
}

#[tokio::test]
async fn a_submission_for_one_without_room_is_put_off_as_a_whole() {
    let house = House::new().await;
    house.inbox("full@example.org").await;
    let served = house.serve_plain(Service::Submission);
    let mut client = signed_in(&served).await;
    let recipients = ["full@example.org", "b@example.org", "far@elsewhere.example"];
    let message = b"From: user@example.org\r\n\r\nx\r\n";
    let replies = client
        .deliver("user@example.org", &recipients, message)
        .await;
    assert_eq!(replies[4], "452 4.2.2 Mailbox full.");
    assert!(house.contents().await.is_empty() && house.queue().is_empty());
}

#[tokio::test]
async fn who_writes_on_behalf_of_others_is_named() {
    let house = House::new().await;
    let actor = model::Actor::system();
    let user = house.principal("user@example.org").await;
    for (owner, right) in [
        ("desk@example.org", SendRight::As),
        ("b@example.org", SendRight::OnBehalf),
    ] {
        let owner = house.principal(owner).await;
        let edit = |settings: &mut model::MailSettings| {
            settings.senders = Some([(user, right)].into());
            Ok(())
        };
        let directory = house.groupware.directory();
        let done = directory.edit_mail_settings(&actor, owner, edit);
        done.await.unwrap();
    }
    let served = house.serve_plain(Service::Submission);
    let mut client = signed_in(&served).await;
    let own = "Sender: <user@example.org>\r\n";
    for (header, code, sender) in [
        ("From: desk@example.org\r\n", "250 2.0.0", None),
        ("From: b@example.org\r\n", "250 2.0.0", Some(own)),
        (
            "Sender: a@example.org\r\nFrom: b@example.org\r\n",
            "250 2.0.0",
            None,
        ),
        (
            "Sender: b@example.org\r\nFrom: b@example.org\r\n",
            "550 5.7.1",
            None,
        ),
        (
            "Sender: c@example.org\r\nFrom: user@example.org\r\n",
            "550 5.7.1",
            None,
        ),
        (
            "From: desk@example.org, user@example.org\r\n",
            "250 2.0.0",
            Some(own),
        ),
    ] {
        let message = format!("Date: x\r\nMessage-ID: <x@y>\r\n{header}\r\nx\r\n");
        let count = house.inbox("d@example.org").await.len();
        let replies = client
            .deliver("b@example.org", &["d@example.org"], message.as_bytes())
            .await;
        assert!(replies[2].starts_with(code), "{header}: {}", replies[2]);
        let inbox = house.inbox("d@example.org").await;
        let Some(came) = inbox.get(count) else {
            continue;
        };
        let expected = format!("{}{message}", sender.unwrap_or_default());
        assert_eq!(String::from_utf8_lossy(content(came)), expected);
    }
}

#[tokio::test]
async fn a_list_says_at_once_who_may_not_write() {
    let house = House::new().await;
    let actor = model::Actor::system();
    let team = house.principal("team@example.org").await;
    let edit = |settings: &mut model::MailSettings| {
        settings.list = Some(model::ListSettings {
            posting: model::Posting::Members,
            ..model::ListSettings::default()
        });
        Ok(())
    };
    let directory = house.groupware.directory();
    let done = directory.edit_mail_settings(&actor, team, edit);
    done.await.unwrap();
    let served = house.serve_plain(Service::Mx);
    let mut stranger = Client::greeted(&served, "EHLO client.example").await;
    stranger.say("MAIL FROM:<x@elsewhere.example>").await;
    let reply = stranger.say("RCPT TO:<team@example.org>").await;
    assert_eq!(reply, "550 5.7.1 Not everybody may write to this list.");
    let served = house.serve_plain(Service::Submission);
    let mut client = signed_in(&served).await;
    let message = b"From: user@example.org\r\n\r\nx\r\n";
    let replies = client
        .deliver("user@example.org", &["team@example.org"], message)
        .await;
    assert!(replies[2].starts_with("250"), "{replies:?}");
    let queue = house.queue();
    let [post] = queue.as_slice() else {
        panic!("{} items", queue.len())
    };
    assert_eq!(post.item.reverse_path, "owner-team@example.org");
    assert_eq!(post.item.recipients.len(), 2);
}
