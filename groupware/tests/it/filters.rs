//! Filters: scripts kept, chosen and run at delivery; what they store, send on, answer and remember.

use directory::{Directory, Random};
use groupware::{
    Arrival, Delivered, Delivery, Error, FilterPolicy, Groupware, NewBody, Outside, Recipient,
    ScriptError, VacationSetting,
};
use model::{
    AccountId, Actor, CollectionKind, EmailId, PathSegment, PrincipalId, Role, Seq, Timestamp,
};
use testbed::{Faults, Faulty};

use crate::world::{World, caller};

/// What is in a mailbox: for each email its bytes.
type Emails = Vec<String>;

impl World {
    async fn rules(&self, whose: PrincipalId, script: &str) {
        let (by, account) = (caller(whose), AccountId::from(whose));
        let text = script.as_bytes().to_vec();
        let groupware = &self.groupware;
        groupware
            .put_script(&by, account, "main", text)
            .await
            .unwrap();
        let active = groupware.activate_script(&by, account, Some("main"));
        active.await.unwrap();
    }

    async fn arrive(&self, to: PrincipalId, from: &str, message: &str) -> Delivered {
        self.arrive_as(to, from, message, Arrival::default()).await
    }

    async fn arrive_as(
        &self,
        to: PrincipalId,
        from: &str,
        message: &str,
        arrival: Arrival,
    ) -> Delivered {
        let message = format!("Return-Path: <{from}>\r\n{}", message.replace('\n', "\r\n"));
        let delivery = Delivery {
            reverse_path: from.into(),
            recipients: vec![Recipient::from(to)],
            message: self.groupware.prepare(message.into_bytes()).await.unwrap(),
            arrival,
        };
        let done = self.groupware.deliver(&Actor::system(), &delivery).await;
        self.engine.check().unwrap();
        done.into_iter().next().unwrap().unwrap()
    }

    /// The emails of a mailbox by its path, the oldest first; none if it is not there.
    fn emails(&self, whose: PrincipalId, path: &str) -> Emails {
        let account = AccountId::from(whose);
        let engine = self.store.engine();
        let head = engine.head(account).unwrap().unwrap();
        let mut at = None;
        for level in path.split('/') {
            match head.child(at, level) {
                Some(found) => at = Some(found.id),
                None => return Vec::new(),
            }
        }
        let all = model::NumberSet::range(1, u32::MAX);
        let rows = engine.rows(account, at.unwrap(), &all).unwrap();
        let ids: Vec<EmailId> = rows.iter().map(|row| row.email).collect();
        let mut emails = Vec::new();
        let each = &mut |_, bytes: &[u8]| {
            emails.push(String::from_utf8(bytes.to_vec()).unwrap());
            std::ops::ControlFlow::Continue(())
        };
        engine.messages(account, &ids, each).unwrap();
        emails
    }

    /// What waits to be sent: reverse path, forward path, message.
    fn queue(&self) -> Vec<(String, String, String)> {
        let engine = self.store.engine();
        let queue = engine.queue(None, 100).unwrap();
        let lines = queue.into_iter().map(|queued| {
            let blob = engine.blob(queued.item.blob).unwrap();
            (
                queued.item.reverse_path,
                queued.item.recipients[0].forward_path.clone(),
                String::from_utf8(blob).unwrap(),
            )
        });
        lines.collect()
    }
}

const NEWS: &str = "From: Gast <gast@example.net>\nTo: anna@example.org\nSubject: news\nMessage-ID: <1@example.net>\n\nText\n";

#[tokio::test]
async fn scripts_are_kept_byte_for_byte_and_only_for_their_owner() {
    let world = World::new().await;
    let (by, account) = (caller(world.anna), AccountId::from(world.anna));
    let groupware = &world.groupware;
    let text = b"# \xc3\xbc\r\nkeep;\r\n".to_vec();
    let put = groupware
        .put_script(&by, account, "main", text.clone())
        .await;
    assert_eq!(put, Ok(()));
    assert_eq!(groupware.script(&by, account, "main").await, Ok(text));
    let wrong = groupware.put_script(&by, account, "main", b"frobnicate;".to_vec());
    assert!(matches!(wrong.await, Err(ScriptError::Fault(_))));
    let bert = caller(world.bert);
    for attempt in [
        groupware.scripts(&bert, account).await.map(drop),
        groupware.script(&bert, account, "main").await.map(drop),
    ] {
        assert_eq!(attempt, Err(Error::NotFound));
    }
    let put = groupware.put_script(&bert, account, "x", b"discard;".to_vec());
    assert_eq!(put.await, Err(ScriptError::Failed(Error::NotFound)));
    world.engine.check().unwrap();
}

#[tokio::test]
async fn the_active_script_keeps_its_place_through_all_changes() {
    let world = World::new().await;
    let (by, account) = (caller(world.anna), AccountId::from(world.anna));
    world.rules(world.anna, "discard;").await;
    let groupware = &world.groupware;
    let rename = groupware.rename_script(&by, account, "main", "Ferien/2026");
    rename.await.unwrap();
    let scripts = groupware.scripts(&by, account).await.unwrap();
    assert_eq!(scripts.len(), 1);
    assert!(scripts[0].is_active && scripts[0].name == "Ferien/2026");
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    assert!(world.emails(world.anna, "Inbox").is_empty());
    let destroy = groupware.destroy_script(&by, account, "Ferien/2026").await;
    assert_eq!(destroy, Err(ScriptError::Active));
    // Another text counts from the next message on.
    let keep = b"keep;".to_vec();
    let put = groupware.put_script(&by, account, "Ferien/2026", keep);
    put.await.unwrap();
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    assert_eq!(world.emails(world.anna, "Inbox").len(), 1);
    groupware.activate_script(&by, account, None).await.unwrap();
    let destroy = groupware.destroy_script(&by, account, "Ferien/2026");
    destroy.await.unwrap();
    world.engine.check().unwrap();
}

#[tokio::test]
async fn a_script_that_somebody_replaced_comes_back() {
    let world = World::new().await;
    let (by, account) = (caller(world.anna), AccountId::from(world.anna));
    world.rules(world.anna, "keep;").await;
    world
        .rules(world.anna, "redirect \"thief@example.net\";")
        .await;
    let groupware = &world.groupware;
    let versions = groupware.script_versions(&by, account).await.unwrap();
    assert_eq!(versions.len(), 1);
    assert_eq!((versions[0].name.as_str(), versions[0].octets), ("main", 5));
    let restore = groupware.restore_script(&by, account, versions[0].id);
    restore.await.unwrap();
    let text = groupware.script(&by, account, "main").await;
    assert_eq!(text, Ok(b"keep;".to_vec()));
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    assert!(world.queue().is_empty());
    let versions = groupware.script_versions(&by, account).await.unwrap();
    assert_eq!(versions.len(), 2);
    let bert = caller(world.bert);
    let foreign = groupware.script_versions(&bert, account).await;
    assert_eq!(foreign, Err(Error::NotFound));
}

#[tokio::test]
async fn no_other_face_sees_filters() {
    let world = World::new().await;
    let by = caller(world.anna);
    world.rules(world.anna, "keep;").await;
    let account = AccountId::from(world.anna);
    let seen = world.groupware.collections(&by, account).await.unwrap();
    let is_scripts =
        |info: &groupware::CollectionInfo| info.collection.kind == CollectionKind::Scripts;
    assert!(!seen.iter().any(is_scripts));
    let head = world.store.engine().head(account).unwrap().unwrap();
    let scripts = head.collections.all.values();
    let scripts = scripts.filter(|it| it.kind == CollectionKind::Scripts);
    let id = scripts.map(|it| it.id).next().unwrap();
    let new = NewBody {
        name: PathSegment::try_from("main").unwrap(),
        body: b"discard;".to_vec(),
        media_type: None,
        condition: groupware::Condition::Any,
        tell_organizer: true,
    };
    let put = world.groupware.put_object(&by, account, id, new).await;
    assert_eq!(put.map(drop), Err(Error::NotFound));
}

#[tokio::test]
async fn mail_is_filed_flagged_and_copied_with_one_write() {
    let world = World::new().await;
    let script = "require [\"fileinto\", \"mailbox\", \"imap4flags\", \"copy\"];\n\
        if header :contains \"subject\" \"news\" {\n\
          fileinto :create :flags [\"\\\\Seen\", \"$Label1\"] \"Lists/News\";\n\
          fileinto :copy \"Archive\";\n\
        }";
    world.rules(world.anna, script).await;
    let account = AccountId::from(world.anna);
    let seq = |world: &World| world.store.engine().head(account).unwrap().unwrap().seq;
    let before = seq(&world);
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    assert_eq!(seq(&world), before.next());
    assert!(world.emails(world.anna, "Inbox").is_empty());
    assert_eq!(world.emails(world.anna, "Lists/News").len(), 1);
    assert_eq!(world.emails(world.anna, "Archive").len(), 1);
    let head = world.store.engine().head(account).unwrap().unwrap();
    let lists = head.child(None, "Lists").unwrap().id;
    let news = head.child(Some(lists), "News").unwrap();
    assert_eq!((news.totals.unseen, news.subscribers.len()), (0, 1));
    let place = groupware::Place::from((account, news.id));
    assert_eq!(world.keywords(place, 1).await, ["$seen", "$label1"]);
    // The second finds the mailbox there.
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    assert_eq!(world.emails(world.anna, "Lists/News").len(), 2);
    // What no rule concerns stays in the inbox.
    let other = NEWS.replace("news", "other");
    world.arrive(world.anna, "gast@example.net", &other).await;
    assert_eq!(world.emails(world.anna, "Inbox").len(), 1);
}

#[tokio::test]
async fn a_mailbox_that_is_not_there_is_the_inbox() {
    let world = World::new().await;
    let script = "require \"fileinto\"; fileinto \"Nowhere\";";
    world.rules(world.anna, script).await;
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    assert_eq!(world.emails(world.anna, "Inbox").len(), 1);
}

#[tokio::test]
async fn unwanted_mail_goes_to_junk_unless_a_rule_says_otherwise() {
    let world = World::new().await;
    let junk = || Arrival {
        junk: true,
        spam_percent: Some(90),
        ..Arrival::default()
    };
    let from = "gast@example.net";
    world.arrive_as(world.anna, from, NEWS, junk()).await;
    assert_eq!(world.emails(world.anna, "Junk").len(), 1);
    let script = "require [\"fileinto\", \"spamtestplus\", \"relational\", \"comparator-i;ascii-numeric\"];\n\
        if spamtest :percent :value \"ge\" :comparator \"i;ascii-numeric\" \"80\" { fileinto \"Trash\"; }";
    world.rules(world.anna, script).await;
    world.arrive_as(world.anna, from, NEWS, junk()).await;
    assert_eq!(world.emails(world.anna, "Trash").len(), 1);
    world.rules(world.anna, "keep;").await;
    world.arrive_as(world.anna, from, NEWS, junk()).await;
    assert_eq!(world.emails(world.anna, "Junk").len(), 2);
    assert!(world.emails(world.anna, "Inbox").is_empty());
}

#[tokio::test]
async fn a_redirect_leaves_in_the_name_of_the_account() {
    let world = World::new().await;
    world
        .rules(world.anna, "redirect \"far@example.net\";")
        .await;
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    assert!(world.emails(world.anna, "Inbox").is_empty());
    let queue = world.queue();
    let [(from, to, message)] = queue.as_slice() else {
        panic!("{queue:?}");
    };
    assert_eq!(
        (from.as_str(), to.as_str()),
        ("anna@example.org", "far@example.net")
    );
    assert!(
        message.starts_with("Delivered-To: anna@example.org\r\nFrom: "),
        "{message}"
    );
    let junk = Arrival {
        junk: true,
        ..Arrival::default()
    };
    world
        .arrive_as(world.anna, "gast@example.net", NEWS, junk)
        .await;
    assert_eq!(world.emails(world.anna, "Junk").len(), 1);
    // RFC 5228 4.2: what has no sender gets none; and what was here before is kept.
    world.arrive(world.anna, "", NEWS).await;
    assert_eq!(world.queue()[1].0, "");
    let circle = format!("Delivered-To: Anna@example.org\n{NEWS}");
    world.arrive(world.anna, "gast@example.net", &circle).await;
    let many = format!("{}{NEWS}", "Received: from x\n".repeat(60));
    world.arrive(world.anna, "gast@example.net", &many).await;
    assert_eq!(world.queue().len(), 2);
    let kept = world.emails(world.anna, "Inbox");
    assert_eq!(kept.len(), 2);
    assert!(kept[0].starts_with("X-Wachpost-Filter: the message went in a circle"));
}

#[tokio::test]
async fn redirects_to_outside_can_be_forbidden() {
    let mut world = World::new().await;
    world.groupware = world.groupware.clone().with_filter_policy(FilterPolicy {
        redirect_outside: false,
        ..FilterPolicy::default()
    });
    let script = "redirect \"far@example.net\"; redirect \"bert@example.org\";";
    world.rules(world.anna, script).await;
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    assert!(world.queue().is_empty());
    assert_eq!(world.emails(world.anna, "Inbox").len(), 1);
    assert_eq!(world.emails(world.bert, "Inbox").len(), 1);
}

#[tokio::test]
async fn a_redirect_within_the_house_is_one_write_and_ends() {
    let world = World::new().await;
    world
        .rules(world.anna, "redirect \"cora@example.org\";")
        .await;
    world
        .rules(world.cora, "redirect \"anna@example.org\";")
        .await;
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    assert!(world.emails(world.anna, "Inbox").is_empty());
    let found = world.emails(world.cora, "Inbox");
    assert_eq!(found.len(), 1);
    assert!(found[0].contains("Return-Path: <gast@example.net>\r\n"));
    assert!(world.queue().is_empty());
}

#[tokio::test]
async fn what_another_account_has_no_room_for_is_kept() {
    let world = World::new().await;
    world
        .rules(world.anna, "redirect \"bert@example.org\";")
        .await;
    let large = format!("{NEWS}{}", "x".repeat(6_000));
    world.arrive(world.anna, "gast@example.net", &large).await;
    assert_eq!(world.emails(world.anna, "Inbox").len(), 1);
    assert!(world.emails(world.bert, "Inbox").is_empty());
}

#[tokio::test]
async fn an_answer_that_finds_no_room_keeps_no_mail_from_its_place() {
    let world = World::new().await;
    let script =
        "require [\"fileinto\", \"vacation\"]; vacation \"Bin weg.\"; fileinto \"Archive\";";
    world.rules(world.anna, script).await;
    let large = format!("{NEWS}{}", "x".repeat(4_800));
    world.arrive(world.bert, "gast@example.net", &large).await;
    let message = NEWS.replace("gast@example.net", "bert@example.org");
    world.arrive(world.anna, "bert@example.org", &message).await;
    assert_eq!(world.emails(world.anna, "Archive").len(), 1);
    assert_eq!(world.emails(world.bert, "Inbox").len(), 1);
}

const AWAY: &str = "require \"vacation\"; vacation :days 3 \"Bin weg.\";";

#[tokio::test]
async fn who_is_away_answers_each_sender_once_in_a_while() {
    let world = World::new().await;
    world.rules(world.anna, AWAY).await;
    let from = "gast@example.net";
    world.arrive(world.anna, from, NEWS).await;
    world.arrive(world.anna, "GAST@example.net", NEWS).await;
    assert_eq!(world.emails(world.anna, "Inbox").len(), 2);
    let queue = world.queue();
    let [(reverse_path, to, message)] = queue.as_slice() else {
        panic!("{queue:?}");
    };
    assert_eq!((reverse_path.as_str(), to.as_str()), ("", from));
    for field in [
        "Auto-Submitted: auto-replied",
        "In-Reply-To: <1@example.net>",
        "anna@example.org",
    ] {
        assert!(message.contains(field), "{field}: {message}");
    }
    // Another sender is told, too; and the first one again when the time is over.
    let other = NEWS.replace("gast", "rat");
    world.arrive(world.anna, "rat@example.net", &other).await;
    assert_eq!(world.queue().len(), 2);
    world.clock.advance_ms((3 * 86_400 + 1) * 1_000);
    world.arrive(world.anna, from, NEWS).await;
    assert_eq!(world.queue().len(), 3);
}

#[tokio::test]
async fn machines_lists_and_unwanted_mail_are_not_answered() {
    let world = World::new().await;
    world.rules(world.anna, AWAY).await;
    world.arrive(world.anna, "", NEWS).await;
    for field in [
        "Auto-Submitted: auto-generated",
        "List-Id: <x.y>",
        "Precedence: bulk",
    ] {
        let message = format!("{field}\n{NEWS}");
        world.arrive(world.anna, "gast@example.net", &message).await;
    }
    // RFC 5230 4.5: a blind copy is not answered.
    let blind = NEWS.replace("To: anna", "To: other");
    world.arrive(world.anna, "gast@example.net", &blind).await;
    let junk = Arrival {
        junk: true,
        ..Arrival::default()
    };
    world
        .arrive_as(world.anna, "gast@example.net", NEWS, junk)
        .await;
    assert!(world.queue().is_empty());
    // Nothing was noted for those who got no answer.
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    assert_eq!(world.queue().len(), 1);
}

#[tokio::test]
async fn a_colleague_gets_the_answer_with_the_same_write() {
    let world = World::new().await;
    world.rules(world.anna, AWAY).await;
    let message = NEWS.replace("gast@example.net", "bert@example.org");
    world.arrive(world.anna, "bert@example.org", &message).await;
    let answers = world.emails(world.bert, "Inbox");
    assert_eq!(answers.len(), 1);
    assert!(answers[0].starts_with("Return-Path: <>\r\n"));
    // Two who are away do not answer each other.
    world.rules(world.bert, AWAY).await;
    let cora = NEWS.replace("gast@example.net", "cora@example.org");
    world.rules(world.cora, AWAY).await;
    world.arrive(world.anna, "cora@example.org", &cora).await;
    assert_eq!(world.emails(world.cora, "Inbox").len(), 1);
    assert_eq!(world.emails(world.anna, "Inbox").len(), 2);
    assert!(world.queue().is_empty());
}

#[tokio::test]
async fn out_of_office_tells_inside_and_outside_different_things() {
    let world = World::new().await;
    let (by, account) = (caller(world.anna), AccountId::from(world.anna));
    let at = |seconds: i64| Some(Timestamp::from_seconds(1_700_000_000 + seconds));
    let setting = VacationSetting {
        is_enabled: true,
        from: at(100),
        until: at(200),
        subject: Some("Nicht da".into()),
        text: "Innen: frag Bert.".into(),
        html: None,
        outside: Outside::Text("Outside.".into()),
    };
    let groupware = &world.groupware;
    groupware
        .set_vacation(&by, account, &setting)
        .await
        .unwrap();
    assert_eq!(groupware.vacation(&by, account).await, Ok(setting.clone()));
    let inside = NEWS.replace("gast@example.net", "bert@example.org");
    let both = async || {
        world.arrive(world.anna, "gast@example.net", NEWS).await;
        world.arrive(world.anna, "bert@example.org", &inside).await;
    };
    both().await;
    assert!(world.queue().is_empty());
    world.clock.advance_ms(100_000);
    both().await;
    both().await;
    let queue = world.queue();
    assert_eq!(queue.len(), 1);
    assert!(queue[0].2.contains("Outside.") && queue[0].2.contains("Subject: Nicht da"));
    let told = world.emails(world.bert, "Inbox");
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("Innen: frag Bert."), "{}", told[0]);
    // Besides a script: it files, and the answer comes all the same.
    world
        .rules(world.anna, "require \"fileinto\"; fileinto \"Archive\";")
        .await;
    let other = NEWS.replace("gast", "rat");
    world.arrive(world.anna, "rat@example.net", &other).await;
    assert_eq!(world.emails(world.anna, "Archive").len(), 1);
    assert_eq!(world.queue().len(), 2);
    let silent = VacationSetting {
        outside: Outside::Silent,
        ..setting
    };
    groupware.set_vacation(&by, account, &silent).await.unwrap();
    let third = NEWS.replace("gast", "dritte");
    world.arrive(world.anna, "dritte@example.net", &third).await;
    world.clock.advance_ms(100_000);
    world.arrive(world.anna, "bert@example.org", &inside).await;
    assert_eq!(world.queue().len(), 2);
    assert_eq!(world.emails(world.bert, "Inbox").len(), 1);
}

#[tokio::test]
async fn a_message_is_refused_while_the_peer_waits_or_by_mail() {
    let world = World::new().await;
    let script = "require \"reject\"; reject \"Nein, danke.\";";
    world.rules(world.anna, script).await;
    let waits = Arrival {
        may_refuse: true,
        ..Arrival::default()
    };
    let from = "gast@example.net";
    let done = world.arrive_as(world.anna, from, NEWS, waits).await;
    assert_eq!(
        done,
        Delivered::Refused {
            why: "Nein, danke.".into()
        }
    );
    let done = world.arrive(world.anna, from, NEWS).await;
    assert_eq!(done, Delivered::Done);
    let queue = world.queue();
    assert_eq!((queue.len(), queue[0].0.as_str()), (1, ""));
    assert!(queue[0].2.contains("report-type=disposition-notification"));
    // Neither nobody nor a list is told.
    world.arrive(world.anna, "", NEWS).await;
    let list = format!("List-Id: <x.y>\n{NEWS}");
    world.arrive(world.anna, from, &list).await;
    assert_eq!(world.queue().len(), 1);
    assert!(world.emails(world.anna, "Inbox").is_empty());
}

#[tokio::test]
async fn duplicates_are_known_until_they_are_forgotten() {
    let world = World::new().await;
    let script = "require \"duplicate\"; if duplicate :seconds 100 { discard; }";
    world.rules(world.anna, script).await;
    for _ in 0..3 {
        world.arrive(world.anna, "gast@example.net", NEWS).await;
    }
    assert_eq!(world.emails(world.anna, "Inbox").len(), 1);
    world.clock.advance_ms(200_000);
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    assert_eq!(world.emails(world.anna, "Inbox").len(), 2);
}

#[tokio::test]
async fn two_at_the_same_time_are_decided_one_after_the_other() {
    let world = World::new().await;
    let script = "require [\"fileinto\", \"mailbox\", \"vacation\"];\n\
        vacation \"Bin weg.\"; fileinto :create \"Neu\";";
    world.rules(world.anna, script).await;
    let arrive = || world.arrive(world.anna, "gast@example.net", NEWS);
    let (one, two, three) = tokio::join!(arrive(), arrive(), arrive());
    assert_eq!(
        [one, two, three],
        [Delivered::Done, Delivered::Done, Delivered::Done]
    );
    assert_eq!(world.emails(world.anna, "Neu").len(), 3);
    assert_eq!(world.queue().len(), 1);
}

#[tokio::test]
async fn a_script_that_fails_keeps_the_message_and_says_so() {
    let world = World::new().await;
    let endless = "require [\"variables\", \"include\"];\ninclude :personal \"main\";";
    world.rules(world.anna, endless).await;
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    let kept = world.emails(world.anna, "Inbox");
    assert_eq!(kept.len(), 1);
    assert!(
        kept[0].starts_with("X-Wachpost-Filter: script \"main\": "),
        "{}",
        kept[0]
    );
}

#[tokio::test]
async fn scripts_include_each_other_and_edit_messages() {
    let world = World::new().await;
    let (by, account) = (caller(world.anna), AccountId::from(world.anna));
    let mark = b"require \"editheader\"; addheader \"X-Seen\" \"yes\";".to_vec();
    let put = world.groupware.put_script(&by, account, "mark", mark);
    put.await.unwrap();
    world
        .rules(world.anna, "require \"include\"; include \"mark\"; keep;")
        .await;
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    let kept = world.emails(world.anna, "Inbox");
    assert!(kept[0].contains("X-Seen: yes\r\n"), "{}", kept[0]);
}

#[tokio::test]
async fn it_is_as_late_as_in_the_owners_calendar() {
    let world = World::new().await;
    let (by, account) = (caller(world.anna), AccountId::from(world.anna));
    // 2023-11-14 22:13:20 in UTC is an hour later in Berlin, and the day after in Tokyo.
    let script = "require [\"date\", \"fileinto\"];\n\
        if currentdate :is \"hour\" \"23\" { fileinto \"Archive\"; }";
    world.rules(world.anna, script).await;
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    assert_eq!(world.emails(world.anna, "Inbox").len(), 1);
    let groupware = &world.groupware;
    let calendar = groupware
        .collection_named(&by, account, CollectionKind::Calendar, None, "calendar")
        .await
        .unwrap();
    let properties = model::Properties {
        time_zone: Some("Europe/Berlin".into()),
        ..(*calendar.collection.properties).clone()
    };
    let id = calendar.collection.id;
    let set = groupware.set_collection_properties(&by, account, id, properties);
    set.await.unwrap();
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    assert_eq!(world.emails(world.anna, "Archive").len(), 1);
}

#[tokio::test]
async fn contacts_are_a_list() {
    let world = World::new().await;
    let (by, account) = (caller(world.anna), AccountId::from(world.anna));
    let groupware = &world.groupware;
    let book = groupware
        .collection_named(&by, account, CollectionKind::AddressBook, None, "contacts")
        .await
        .unwrap();
    let card = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nFN:Gast\r\nN:Gast;;;;\r\nEMAIL:Gast@Example.net\r\nEND:VCARD\r\n";
    let new = NewBody {
        name: PathSegment::try_from("1.vcf").unwrap(),
        body: card.into(),
        media_type: None,
        condition: groupware::Condition::Any,
        tell_organizer: true,
    };
    let id = book.collection.id;
    groupware.put_object(&by, account, id, new).await.unwrap();
    let script = "require [\"extlists\", \"fileinto\"];\n\
        if address :list \"from\" \"urn:ietf:params:sieve:addrbook:default\" { fileinto \"Archive\"; }";
    world.rules(world.anna, script).await;
    world.arrive(world.anna, "gast@example.net", NEWS).await;
    let other = NEWS.replace("gast@", "rat@");
    world.arrive(world.anna, "rat@example.net", &other).await;
    assert_eq!(world.emails(world.anna, "Archive").len(), 1);
    assert_eq!(world.emails(world.anna, "Inbox").len(), 1);
}

#[tokio::test]
async fn every_change_of_a_filter_has_an_author() {
    let world = World::new().await;
    world.rules(world.anna, "keep;").await;
    let account = AccountId::from(world.anna);
    let engine = world.store.engine();
    let entries = engine.journal(account, Seq::START, 100).unwrap();
    let authors = entries.iter().filter_map(|entry| entry.commit.as_ref());
    let by_anna = authors.filter(|commit| commit.actor.principal == Some(world.anna));
    assert_eq!(by_anna.count(), 2);
    let inbox = world.place(world.anna, Role::Inbox).await;
    assert_eq!(inbox.account, account);
}

/// Whatever call of the store fails: all that a filter wants is there, or nothing, and the peer hears which.
#[tokio::test]
async fn a_store_that_fails_leaves_all_or_nothing() {
    for fails_at in 1.. {
        let world = World::new().await;
        let script = "require [\"fileinto\", \"mailbox\", \"vacation\", \"duplicate\"];\n\
            vacation \"Bin weg.\"; if duplicate { discard; }\n\
            fileinto :create \"Neu\"; redirect \"cora@example.org\"; redirect \"far@example.net\";";
        world.rules(world.anna, script).await;
        world.place(world.cora, Role::Inbox).await;
        let faults = Faults::nth(fails_at);
        let store = store::Store::new(Faulty::over(world.engine.clone(), faults.clone()));
        let clock = world.clock.clock();
        let random = Random::new(|bytes| bytes.fill(7));
        let settings = directory::Settings::default();
        let directory = Directory::new(store.clone(), clock.clone(), random, settings);
        let broken = Groupware::new(store, directory, clock);
        let message = NEWS.replace('\n', "\r\n").into_bytes();
        let done = match broken.prepare(message).await {
            Ok(message) => {
                let delivery = Delivery {
                    reverse_path: "gast@example.net".into(),
                    recipients: vec![Recipient::from(world.anna)],
                    message,
                    arrival: Arrival::default(),
                };
                let done = broken.deliver(&Actor::system(), &delivery).await;
                done.into_iter().next().unwrap()
            }
            Err(error) => Err(error),
        };
        world.engine.check().unwrap();
        let there = (
            world.emails(world.anna, "Neu").len(),
            world.emails(world.cora, "Inbox").len(),
            world.queue().len(),
            world.emails(world.anna, "Inbox").len(),
        );
        match done {
            Ok(_) => assert_eq!(there, (1, 1, 2, 0), "call {fails_at}"),
            Err(_) => assert_eq!(there, (0, 0, 0, 0), "call {fails_at}"),
        }
        if !faults.has_struck() {
            assert!(fails_at > 10, "the store was asked less than it must be");
            break;
        }
    }
}
