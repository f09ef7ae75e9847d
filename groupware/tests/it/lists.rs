//! Distribution lists: who may write, what waits, who gets it, and from whom it comes.

use groupware::{
    Accepted, Arrival, Delivered, Delivery, Error, FilterPolicy, Groupware, Recipient, Submission,
};
use model::{
    AccountId, Actor, Forward, ListSettings, MailSettings, Poster, Posting, PrincipalId, QueueId,
    Queued, QueuedRecipient, Role, SendRight,
};

use crate::world::{World, caller};

const LIST: &str = "sales@example.org";
const OWNER: &str = "owner-sales@example.org";

async fn set(world: &World, id: PrincipalId, settings: MailSettings) {
    let directory = world.groupware.directory();
    let edit = |known: &mut MailSettings| {
        *known = settings.clone();
        Ok(())
    };
    let actor = Actor::system();
    let done = directory.edit_mail_settings(&actor, id, edit);
    done.await.unwrap();
}

async fn list(world: &World, settings: ListSettings) {
    let list = MailSettings {
        list: Some(settings),
        ..MailSettings::default()
    };
    set(world, world.sales, list).await;
}

async fn letter(world: &World, from: &str, more: &str) -> groupware::Prepared {
    let text =
        format!("{more}From: <{from}>\r\nSubject: Angebot\r\nMessage-ID: <1@x>\r\n\r\nHallo\r\n");
    world.groupware.prepare(text.into_bytes()).await.unwrap()
}

async fn submit(
    world: &World,
    who: PrincipalId,
    from: &str,
    to: &[&str],
) -> Vec<Result<Accepted, Error>> {
    let recipients = to.iter().map(|to| QueuedRecipient {
        forward_path: (*to).into(),
        notify: None,
        original: None,
    });
    let submission = Submission {
        reverse_path: from.into(),
        recipients: recipients.collect(),
        message: letter(world, from, "").await,
        envelope_id: None,
        dsn_return: None,
        smtputf8: false,
        require_tls: false,
        standing: model::QueueStanding::default(),
    };
    let done = world.groupware.submit(&caller(who), submission).await;
    done.unwrap()
}

async fn deliver(
    world: &World,
    message: groupware::Prepared,
    to: &[PrincipalId],
    arrival: Arrival,
) -> Vec<Result<Delivered, Error>> {
    let delivery = Delivery {
        reverse_path: "x@example.net".into(),
        recipients: to.iter().copied().map(Recipient::from).collect(),
        message,
        arrival,
    };
    world.groupware.deliver(&Actor::system(), &delivery).await
}

fn queue(world: &World) -> Vec<Queued> {
    world.store.engine().queue(None, 100).unwrap()
}

fn recipients(queued: &Queued) -> Vec<&str> {
    let all = queued.item.recipients.iter();
    all.map(|recipient| recipient.forward_path.as_str())
        .collect()
}

fn text(world: &World, queued: &Queued) -> String {
    let bytes = world.store.engine().blob(queued.item.blob).unwrap();
    String::from_utf8(bytes).unwrap()
}

fn in_inbox(world: &World, principal: PrincipalId) -> u32 {
    let head = world.store.engine().head(principal.into()).unwrap();
    head.map_or(0, |head| head.with_role(Role::Inbox).unwrap().totals.emails)
}

#[tokio::test]
async fn a_post_goes_to_all_members_with_one_write_and_comes_from_the_list() {
    let world = World::new().await;
    list(
        &world,
        ListSettings {
            outside: vec!["far@example.net".into()],
            ..ListSettings::default()
        },
    )
    .await;
    let before = world.store.engine().size().unwrap();
    let done = submit(&world, world.anna, "anna@example.org", &[LIST]).await;
    assert_eq!(done, [Ok(Accepted::Delivered)]);
    assert_eq!(world.store.engine().size().unwrap(), before + 1);
    let queue = queue(&world);
    let [post] = queue.as_slice() else {
        panic!("{queue:?}")
    };
    assert_eq!(post.account, AccountId::from(world.sales));
    assert_eq!(recipients(post), ["bert@example.org", "far@example.net"]);
    assert_eq!(post.item.reverse_path, OWNER);
    let text = text(&world, post);
    for field in [
        "List-Id: Sales <sales.example.org>\r\n",
        "List-Post: <mailto:sales@example.org>\r\n",
        "List-Owner: <mailto:owner-sales@example.org>\r\n",
        "Precedence: list\r\n",
    ] {
        assert!(text.contains(field), "{field} in {text}");
    }
    assert!(text.ends_with("Subject: Angebot\r\nMessage-ID: <1@x>\r\n\r\nHallo\r\n"));
    // What comes back is for those who look after the list.
    let resolved = world.groupware.directory().resolve(OWNER).await.unwrap();
    assert_eq!(resolved, directory::Resolved::Accounts(vec![world.cora]));
    world.engine.check().unwrap();
}

#[tokio::test]
async fn only_those_write_who_may() {
    let world = World::new().await;
    let may = |posting, posters: &[Poster]| ListSettings {
        posting,
        posters: posters.to_vec(),
        outside: vec!["far@example.net".into()],
        ..ListSettings::default()
    };
    let refused = [Err(Error::Forbidden)];
    let accepted = [Ok(Accepted::Delivered)];
    let (anna, bert) = ("anna@example.org", "bert@example.org");

    list(&world, may(Posting::Members, &[])).await;
    assert_eq!(submit(&world, world.anna, anna, &[LIST]).await, refused);
    assert_eq!(submit(&world, world.bert, bert, &[LIST]).await, accepted);
    list(&world, may(Posting::Named, &[Poster::Here(world.anna)])).await;
    assert_eq!(submit(&world, world.anna, anna, &[LIST]).await, accepted);
    assert_eq!(submit(&world, world.bert, bert, &[LIST]).await, refused);
    list(&world, may(Posting::Inside, &[])).await;
    assert_eq!(submit(&world, world.anna, anna, &[LIST]).await, accepted);

    // Strangers: known members if their domain vouches for them.
    let alone = Arrival {
        may_refuse: true,
        ..Arrival::default()
    };
    let proven = Arrival {
        author_is_proven: true,
        ..alone.clone()
    };
    let count = queue(&world).len();
    for (posting, from, arrival, is_taken) in [
        (Posting::Inside, anna, &proven, false),
        (Posting::Inside, "far@example.net", &proven, false),
        (Posting::Members, "far@example.net", &alone, false),
        (Posting::Members, "FAR@example.net", &proven, true),
        (Posting::Members, "y@example.net", &proven, false),
        (Posting::Everybody, "y@example.net", &alone, true),
    ] {
        list(&world, may(posting, &[])).await;
        let message = letter(&world, from, "").await;
        let done = deliver(&world, message, &[world.sales], arrival.clone()).await;
        let done = done[0].as_ref().unwrap();
        assert_eq!(*done == Delivered::Done, is_taken, "{posting:?} {from}");
    }
    assert_eq!(queue(&world).len(), count + 2);
}

#[tokio::test]
async fn what_is_said_before_the_message_comes() {
    let world = World::new().await;
    let recipient = Recipient::from(world.sales);
    let stranger = groupware::Caller::new(Actor::system());
    let asked = async |who: &groupware::Caller, from| {
        let refusal = world.groupware.list_refusal(who, &recipient, from);
        refusal.await.unwrap().is_some()
    };
    assert!(!asked(&stranger, "x@example.net").await, "only a group");
    list(
        &world,
        ListSettings {
            posting: Posting::Members,
            ..ListSettings::default()
        },
    )
    .await;
    assert!(asked(&stranger, "x@example.net").await);
    assert!(asked(&caller(world.anna), "anna@example.org").await);
    assert!(!asked(&caller(world.bert), "bert@example.org").await);
    assert!(asked(&caller(world.bert), "").await, "no notifications");
}

#[tokio::test]
async fn who_is_reached_in_two_ways_gets_one_copy() {
    let world = World::new().await;
    let actor = Actor::system();
    let group = directory::NewGroup {
        address: "all@example.org".into(),
        name: "Alle".into(),
        members: vec![world.anna, world.bert, world.cora, world.sales],
    };
    let directory = world.groupware.directory();
    let all = directory.add_group(&actor, group).await.unwrap();
    // Circles end.
    directory
        .add_member(&actor, world.sales, all)
        .await
        .unwrap();
    list(&world, ListSettings::default()).await;
    let open = MailSettings {
        list: Some(ListSettings::default()),
        ..MailSettings::default()
    };
    set(&world, all, open).await;
    let to = ["anna@example.org", LIST, "all@example.org"];
    submit(&world, world.cora, "cora@example.org", &to).await;
    assert_eq!(in_inbox(&world, world.anna), 1);
    let queue = queue(&world);
    let [post] = queue.as_slice() else {
        panic!("{queue:?}")
    };
    assert_eq!(recipients(post), ["bert@example.org", "cora@example.org"]);
}

#[tokio::test]
async fn what_was_on_the_list_before_is_not_taken_again() {
    let world = World::new().await;
    list(&world, ListSettings::default()).await;
    let arrival = Arrival {
        may_refuse: true,
        ..Arrival::default()
    };
    for more in [
        "List-Id: Verkauf <sales.example.org>\r\n",
        "Delivered-To: sales@example.org\r\n",
    ] {
        let message = letter(&world, "x@example.net", more).await;
        let done = deliver(&world, message, &[world.sales], arrival.clone()).await;
        assert!(matches!(done[0], Ok(Delivered::Refused { .. })), "{more}");
    }
    assert_eq!(queue(&world), []);
}

async fn moderated(world: &World) {
    let settings = ListSettings {
        moderators: vec![world.cora],
        ..ListSettings::default()
    };
    list(world, settings).await;
}

#[tokio::test]
async fn a_moderated_post_waits_until_somebody_lets_it_through() {
    let world = World::new().await;
    moderated(&world).await;
    submit(&world, world.anna, "anna@example.org", &[LIST]).await;
    let all = queue(&world);
    let [held, notice] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert!(held.standing.hold.is_some());
    assert_eq!(recipients(notice), ["cora@example.org"]);
    assert_eq!(notice.item.reverse_path, "");
    let asked = text(&world, notice);
    assert!(
        asked.contains("Reply-To: <sales+approve-1@example.org>\r\n"),
        "{asked}"
    );
    assert!(asked.contains("Subject: Moderate: Angebot\r\n"), "{asked}");
    let pending = world.groupware.pending_posts(None).await.unwrap();
    assert_eq!(pending.len(), 1);
    assert_eq!((pending[0].list, pending[0].id), (world.sales, QueueId(1)));
    assert_eq!(pending[0].from, ["anna@example.org"]);

    // Nobody but a moderator decides, also not by mail.
    let approve = ["sales+approve-1@example.org"];
    let by_anna = submit(&world, world.anna, "anna@example.org", &approve).await;
    assert_eq!(by_anna, [Err(Error::Forbidden)]);
    let by_cora = submit(&world, world.cora, "cora@example.org", &approve).await;
    assert_eq!(by_cora, [Ok(Accepted::Delivered)]);
    assert_eq!(queue(&world)[0].standing.hold, None);
    assert_eq!(world.groupware.pending_posts(None).await.unwrap(), []);

    // What a moderator writes waits for nobody.
    submit(&world, world.cora, "cora@example.org", &[LIST]).await;
    assert_eq!(queue(&world).last().unwrap().standing.hold, None);
    let actor = Actor::system();
    let gone = world
        .groupware
        .approve_post(&actor, world.sales, QueueId(9));
    assert_eq!(gone.await, Err(Error::NotFound));
    world.engine.check().unwrap();
}

#[tokio::test]
async fn a_refused_post_goes_and_its_author_is_told() {
    let world = World::new().await;
    moderated(&world).await;
    submit(&world, world.anna, "anna@example.org", &[LIST]).await;
    let actor = Actor::system();
    let reject = world
        .groupware
        .reject_post(&actor, world.sales, QueueId(1), "Bitte nicht.");
    reject.await.unwrap();
    let all = queue(&world);
    assert!(all.iter().all(|queued| queued.standing.hold.is_none()));
    let told = all.last().unwrap();
    assert_eq!(recipients(told), ["anna@example.org"]);
    assert!(text(&world, told).contains("In-Reply-To: <1@x>\r\n"));
    // Who may be forged is told nothing.
    let message = letter(&world, "x@example.net", "").await;
    deliver(&world, message, &[world.sales], Arrival::default()).await;
    let count = queue(&world).len();
    let pending = world
        .groupware
        .pending_posts(Some(world.sales))
        .await
        .unwrap();
    let reject = world
        .groupware
        .reject_post(&actor, world.sales, pending[0].id, "");
    reject.await.unwrap();
    assert_eq!(queue(&world).len(), count - 1);
}

#[tokio::test]
async fn rights_to_send_are_told_apart_and_earlier_ones_hold_until_some_are_given() {
    let world = World::new().await;
    let right = async |who, address| {
        let caller = caller(who);
        let right = world.groupware.send_right(&caller, address);
        right.await.unwrap()
    };
    let desk = world.place(world.desk, Role::Inbox).await;
    world
        .share(desk, Some(world.bert), model::Rights::INSERT)
        .await;
    let (shared, boss) = ("desk@example.org", "anna@example.org");
    assert_eq!(right(world.bert, shared).await, Some(SendRight::As));
    assert_eq!(right(world.bert, LIST).await, Some(SendRight::As));
    assert_eq!(right(world.bert, boss).await, None);
    let senders = |senders: &[(PrincipalId, SendRight)]| MailSettings {
        senders: Some(senders.iter().copied().collect()),
        ..MailSettings::default()
    };
    set(&world, world.desk, senders(&[(world.anna, SendRight::As)])).await;
    assert_eq!(right(world.anna, shared).await, Some(SendRight::As));
    assert_eq!(right(world.bert, shared).await, None, "it was said who may");
    // By a group, and the larger of two.
    let behalf = senders(&[(world.sales, SendRight::OnBehalf)]);
    set(&world, world.anna, behalf).await;
    assert_eq!(right(world.bert, boss).await, Some(SendRight::OnBehalf));
    assert_eq!(right(world.cora, boss).await, None);
    let both = senders(&[
        (world.sales, SendRight::OnBehalf),
        (world.bert, SendRight::As),
    ]);
    set(&world, world.anna, both).await;
    assert_eq!(right(world.bert, boss).await, Some(SendRight::As));
    set(&world, world.sales, senders(&[])).await;
    assert_eq!(right(world.bert, LIST).await, None, "nor its members");
}

fn forward(to: &[&str], keep: bool) -> MailSettings {
    MailSettings {
        forward: Some(Forward {
            to: to.iter().map(|to| (*to).to_owned()).collect(),
            keep,
        }),
        ..MailSettings::default()
    }
}

#[tokio::test]
async fn mail_goes_on_with_the_same_write_and_not_in_circles() {
    let world = World::new().await;
    set(&world, world.anna, forward(&["anna@example.net"], true)).await;
    let message = letter(&world, "x@example.net", "Return-Path: <x@example.net>\r\n").await;
    world.place(world.anna, Role::Inbox).await;
    let before = world.store.engine().size().unwrap();
    deliver(&world, message, &[world.anna], Arrival::default()).await;
    assert_eq!(world.store.engine().size().unwrap(), before + 1);
    assert_eq!(in_inbox(&world, world.anna), 1);
    let all = queue(&world);
    let [onward] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!(onward.item.reverse_path, "anna@example.org");
    let sent = text(&world, onward);
    assert!(
        sent.starts_with("Delivered-To: anna@example.org\r\nFrom: "),
        "{sent}"
    );

    set(&world, world.anna, forward(&["anna@example.net"], false)).await;
    let message = letter(&world, "x@example.net", "").await;
    deliver(&world, message, &[world.anna], Arrival::default()).await;
    assert_eq!(in_inbox(&world, world.anna), 1);
    assert_eq!(queue(&world).len(), 2);
    // What comes back, and what is unwanted, stays.
    let back = letter(
        &world,
        "x@example.net",
        "Delivered-To: anna@example.org\r\n",
    )
    .await;
    deliver(&world, back, &[world.anna], Arrival::default()).await;
    assert_eq!((in_inbox(&world, world.anna), queue(&world).len()), (2, 2));
    let junk = Arrival {
        junk: true,
        ..Arrival::default()
    };
    let message = letter(&world, "x@example.net", "").await;
    deliver(&world, message, &[world.anna], junk).await;
    assert_eq!(queue(&world).len(), 2);
}

#[tokio::test]
async fn the_policy_keeps_mail_inside() {
    let world = World::new().await;
    let policy = FilterPolicy {
        redirect_outside: false,
        ..FilterPolicy::default()
    };
    let groupware: Groupware = world.groupware.clone().with_filter_policy(policy);
    set(&world, world.anna, forward(&["anna@example.net"], false)).await;
    set(
        &world,
        world.cora,
        forward(&["x@example.net", "bert@example.org"], false),
    )
    .await;
    let delivery = Delivery {
        reverse_path: "x@example.net".into(),
        recipients: vec![world.anna.into(), world.cora.into()],
        message: letter(&world, "x@example.net", "").await,
        arrival: Arrival::default(),
    };
    groupware.deliver(&Actor::system(), &delivery).await;
    assert_eq!(in_inbox(&world, world.anna), 1, "nowhere else to go");
    let all = queue(&world);
    let [onward] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!(recipients(onward), ["bert@example.org"]);
}
