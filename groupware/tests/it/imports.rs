//! Importing many objects: each is taken or refused for itself, in few commits, and nobody is told.

use groupware::{Error, Existing, Imported, NewImport, Refusal};
use model::{
    AccountId, CollectionId, CollectionKind, CollectionRights, PathSegment, PrincipalId, Seq,
};
use store::Engine;

use crate::world::{World, caller};

fn event(name: &str, uid: &str, summary: &str) -> NewImport {
    NewImport {
        name: PathSegment::try_from(name).unwrap(),
        body: format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nBEGIN:VEVENT\r\nUID:{uid}\r\n\
             DTSTAMP:20231114T000000Z\r\nDTSTART:20231115T090000Z\r\nSUMMARY:{summary}\r\nEND:VEVENT\r\n\
             END:VCALENDAR\r\n"
        )
        .into_bytes(),
    }
}

fn meeting(uid: &str) -> NewImport {
    let mut new = event(&format!("{uid}.ics"), uid, "Met");
    let text = String::from_utf8(new.body).unwrap().replace(
        "SUMMARY:",
        "ORGANIZER:mailto:anna@example.org\r\nATTENDEE:mailto:bert@example.org\r\nSUMMARY:",
    );
    new.body = text.into_bytes();
    new
}

impl World {
    async fn collection_of(&self, principal: PrincipalId, name: &str) -> CollectionId {
        let account = AccountId::from(principal);
        let (owner, kind) = (caller(principal), CollectionKind::Calendar);
        let found = self
            .groupware
            .collection_named(&owner, account, kind, None, name);
        found.await.unwrap().collection.id
    }

    async fn import(
        &self,
        principal: PrincipalId,
        new: Vec<NewImport>,
        existing: Existing,
    ) -> Vec<Result<Imported, Error>> {
        let collection = self.collection_of(principal, "calendar").await;
        self.groupware
            .import_objects(
                &caller(principal),
                principal.into(),
                collection,
                new,
                existing,
            )
            .await
            .unwrap()
    }

    fn seq(&self, principal: PrincipalId) -> Seq {
        self.engine.head(principal.into()).unwrap().unwrap().seq
    }
}

#[tokio::test]
async fn each_is_judged_for_itself_and_good_ones_go_together() {
    let world = World::new().await;
    world.collection_of(world.anna, "calendar").await;
    let before = world.seq(world.anna);
    let mut broken = event("b.ics", "b", "x");
    broken.body.truncate(60);
    let new = vec![event("a.ics", "a", "1"), broken, event("c.ics", "c", "1")];
    let done = world.import(world.anna, new, Existing::Kept).await;
    assert_eq!(
        done,
        [
            Ok(Imported::Added),
            Err(Error::Refused(Refusal::CalendarData)),
            Ok(Imported::Added)
        ]
    );
    assert_eq!(
        world.seq(world.anna),
        Seq(before.0 + 1),
        "one commit for both"
    );
}

#[tokio::test]
async fn what_is_there_stays_or_is_replaced_under_its_name() {
    let world = World::new().await;
    let new = || vec![event("a.ics", "a", "1"), event("b.ics", "b", "1")];
    world.import(world.anna, new(), Existing::Kept).await;
    let before = world.seq(world.anna);
    let kept = world.import(world.anna, new(), Existing::Kept).await;
    assert_eq!(kept, [Ok(Imported::Kept), Ok(Imported::Kept)]);
    let newer = vec![event("other.ics", "a", "2"), event("b.ics", "b", "1")];
    let done = world.import(world.anna, newer, Existing::Replaced).await;
    assert_eq!(done, [Ok(Imported::Replaced), Ok(Imported::Kept)]);
    assert_eq!(world.seq(world.anna), Seq(before.0 + 1));
    // The name that is wanted is that of something else.
    let taken = vec![event("a.ics", "z", "1")];
    let done = world.import(world.anna, taken, Existing::Kept).await;
    assert_eq!(done, [Err(Error::AlreadyExists)]);
}

#[tokio::test]
async fn two_of_one_uid_are_as_if_they_came_one_after_the_other() {
    for (existing, second) in [
        (Existing::Kept, Imported::Kept),
        (Existing::Replaced, Imported::Replaced),
    ] {
        let world = World::new().await;
        let new = vec![event("a.ics", "a", "1"), event("b.ics", "a", "2")];
        let done = world.import(world.anna, new, existing).await;
        assert_eq!(done, [Ok(Imported::Added), Ok(second)]);
        let collection = world.collection_of(world.anna, "calendar").await;
        let view = world
            .groupware
            .objects(&caller(world.anna), world.anna.into(), collection)
            .await
            .unwrap();
        let object = view.iter().next().unwrap();
        let text = world.groupware.body(object).await.unwrap();
        let shown = if existing == Existing::Kept {
            "SUMMARY:1"
        } else {
            "SUMMARY:2"
        };
        assert!(String::from_utf8(text).unwrap().contains(shown));
        assert_eq!(view.len(), 1);
    }
}

#[tokio::test]
async fn what_fits_the_quota_is_taken() {
    let world = World::new().await;
    let new: Vec<_> = (0..40)
        .map(|number| event(&format!("{number}.ics"), &number.to_string(), "x"))
        .collect();
    let done = world.import(world.bert, new, Existing::Kept).await;
    let added = done.iter().filter(|one| one.is_ok()).count();
    assert!((15..35).contains(&added), "{added}");
    assert!(
        done.iter()
            .all(|one| matches!(one, Ok(Imported::Added) | Err(Error::OverQuota)))
    );
    assert!(done[0].is_ok() && done[39].is_err());
}

#[tokio::test]
async fn meetings_are_brought_in_and_nobody_is_told() {
    let world = World::new().await;
    let inbox = world.collection_of(world.bert, "calendar").await;
    let before = world.seq(world.bert);
    let done = world
        .import(world.anna, vec![meeting("m")], Existing::Kept)
        .await;
    assert_eq!(done, [Ok(Imported::Added)]);
    assert_eq!(world.seq(world.bert), before);
    let tasks = world.collection_of(world.anna, "tasks").await;
    let anna = caller(world.anna);
    let refused = world
        .groupware
        .import_objects(
            &anna,
            world.anna.into(),
            tasks,
            vec![event("t", "t", "x")],
            Existing::Kept,
        )
        .await
        .unwrap();
    assert_eq!(refused, [Err(Error::Refused(Refusal::CalendarComponent))]);
    // Bert's calendar tells Anna only when he is busy.
    let foreign = world
        .groupware
        .import_objects(
            &anna,
            world.bert.into(),
            inbox,
            vec![meeting("n")],
            Existing::Kept,
        )
        .await;
    assert_eq!(foreign, Err(Error::Forbidden));
    let bert = caller(world.bert);
    world
        .groupware
        .share_collection(
            &bert,
            world.bert.into(),
            inbox,
            Some(world.anna),
            CollectionRights::WRITER,
        )
        .await
        .unwrap();
    let allowed = world
        .groupware
        .import_objects(
            &anna,
            world.bert.into(),
            inbox,
            vec![event("n", "n", "x")],
            Existing::Kept,
        )
        .await;
    assert_eq!(allowed, Ok(vec![Ok(Imported::Added)]));
}
