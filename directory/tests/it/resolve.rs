//! Whose an address is.

use std::collections::BTreeSet;

use directory::{NewPerson, Resolved};
use model::PrincipalId;
use proptest::prelude::*;

use crate::house::House;

async fn resolved(house: &House, address: &str) -> Resolved {
    house.directory.resolve(address).await.unwrap()
}

#[tokio::test]
async fn an_address_an_alias_and_a_tag_lead_to_their_owner() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    let alias = house
        .directory
        .set_alias(&house.actor, "Info@example.org", anna);
    alias.await.unwrap();
    let to_anna = Resolved::Accounts(vec![anna]);
    for address in [
        "anna@example.org",
        "ANNA@EXAMPLE.ORG",
        "\"anna\"@example.org",
        "info@example.org",
        "anna+x@example.org",
        "Info+a+b@example.org",
    ] {
        assert_eq!(resolved(&house, address).await, to_anna, "{address}");
    }
    for address in [
        "nobody@example.org",
        "+x@example.org",
        "anna",
        "",
        "an na@example.org",
    ] {
        assert_eq!(
            resolved(&house, address).await,
            Resolved::Unknown,
            "{address}"
        );
    }
    assert_eq!(
        resolved(&house, "anna@example.net").await,
        Resolved::Elsewhere
    );
}

#[tokio::test]
async fn what_changes_takes_effect_at_once() {
    let house = House::empty().await;
    let anna = house.person("anna").await;
    assert_eq!(
        resolved(&house, "anna@example.org").await,
        Resolved::Accounts(vec![anna])
    );
    house.enable(anna, false).await;
    assert_eq!(
        resolved(&house, "anna@example.org").await,
        Resolved::Unknown
    );
    house.enable(anna, true).await;
    assert_eq!(
        resolved(&house, "anna@example.org").await,
        Resolved::Accounts(vec![anna])
    );
    house.directory.remove(&house.actor, anna).await.unwrap();
    assert_eq!(
        resolved(&house, "anna@example.org").await,
        Resolved::Unknown
    );
}

#[tokio::test]
async fn a_domain_is_ours_from_when_it_is_added_until_it_is_removed() {
    let house = House::empty().await;
    let (directory, actor) = (&house.directory, &house.actor);
    for _ in 0..2 {
        assert_eq!(
            resolved(&house, "x@Bücher.example").await,
            Resolved::Elsewhere
        );
        assert!(!directory.is_ours_blocking("bücher.example").unwrap());
        directory.add_domain(actor, "bücher.example").await.unwrap();
        assert_eq!(
            resolved(&house, "x@Bücher.example").await,
            Resolved::Unknown
        );
        assert!(directory.is_ours("BÜCHER.example").await.unwrap());
        assert!(directory.is_ours_blocking("BÜCHER.example").unwrap());
        let removed = directory.remove_domain(actor, "bücher.example").await;
        removed.unwrap();
    }
}

#[tokio::test]
async fn groups_reach_each_enabled_member_once() {
    let house = House::empty().await;
    let (anna, bert) = (house.person("anna").await, house.person("bert").await);
    let office = house.shared("office").await;
    let inner = house.group("inner", &[bert, office]).await;
    let outer = house.group("outer", &[anna, bert, inner]).await;
    let add = house.directory.add_member(&house.actor, inner, outer);
    add.await.unwrap();
    let all = Resolved::Accounts(vec![anna, bert, office]);
    assert_eq!(resolved(&house, "outer@example.org").await, all);
    assert_eq!(resolved(&house, "inner+x@example.org").await, all);
    house.enable(anna, false).await;
    house.enable(office, false).await;
    assert_eq!(
        resolved(&house, "outer@example.org").await,
        Resolved::Accounts(vec![bert])
    );
    assert_eq!(
        *house.directory.groups_of(bert).await.unwrap(),
        [inner, outer]
    );
}

#[tokio::test]
async fn the_catch_all_gets_what_nobody_has_but_not_what_is_disabled() {
    let house = House::empty().await;
    let (anna, bert) = (house.person("anna").await, house.person("bert").await);
    let set = house
        .directory
        .set_catch_all(&house.actor, "example.org", Some(anna));
    set.await.unwrap();
    house.enable(bert, false).await;
    assert_eq!(
        resolved(&house, "whoever@example.org").await,
        Resolved::Accounts(vec![anna])
    );
    assert_eq!(
        resolved(&house, "bert@example.org").await,
        Resolved::Unknown
    );
}

#[tokio::test]
async fn the_postmaster_is_an_administrator_unless_there_is_one() {
    let house = House::empty().await;
    assert_eq!(
        resolved(&house, "postmaster@example.org").await,
        Resolved::Unknown
    );
    house.person("anna").await;
    let administrator = NewPerson {
        address: "root@example.org".into(),
        name: "Root".into(),
        password: None,
        quota_octets: None,
        administrator: true,
    };
    let added = house.directory.add_person(&house.actor, administrator);
    let root = added.await.unwrap();
    for address in [
        "postmaster@example.org",
        "Postmaster",
        "PostMaster@Example.Org",
    ] {
        assert_eq!(
            resolved(&house, address).await,
            Resolved::Accounts(vec![root]),
            "{address}"
        );
    }
    let office = house.shared("postmaster").await;
    assert_eq!(
        resolved(&house, "postmaster@example.org").await,
        Resolved::Accounts(vec![office])
    );
}

#[tokio::test]
async fn one_sends_as_oneself_and_as_ones_groups() {
    let house = House::empty().await;
    let (anna, bert) = (house.person("anna").await, house.person("bert").await);
    let inner = house.group("inner", &[anna]).await;
    house.group("outer", &[inner]).await;
    house.shared("office").await;
    let alias = house
        .directory
        .set_alias(&house.actor, "info@example.org", anna);
    alias.await.unwrap();
    for address in [
        "anna@example.org",
        "Anna+x@example.org",
        "info@example.org",
        "inner@example.org",
        "outer@example.org",
    ] {
        assert!(
            house.directory.may_send_as(anna, address).await.unwrap(),
            "{address}"
        );
        assert!(
            !house.directory.may_send_as(bert, address).await.unwrap(),
            "{address}"
        );
    }
    for address in [
        "bert@example.org",
        "office@example.org",
        "anna@example.net",
        "nobody@example.org",
        "",
    ] {
        assert!(
            !house.directory.may_send_as(anna, address).await.unwrap(),
            "{address}"
        );
    }
    house.enable(anna, false).await;
    assert!(
        !house
            .directory
            .may_send_as(anna, "anna@example.org")
            .await
            .unwrap()
    );
}

/// Persons 0 to 3, groups 4 to 9.
const PEOPLE: usize = 4;
const ALL: usize = 10;

/// What reaching means, without any care for speed: repeat until nothing is added.
fn naive(start: usize, edges: &BTreeSet<(usize, usize)>, disabled: &BTreeSet<usize>) -> Vec<usize> {
    let mut reached = BTreeSet::from([start]);
    loop {
        let more: BTreeSet<usize> = edges
            .iter()
            .filter(|(group, _)| reached.contains(group) && !disabled.contains(group))
            .map(|(_, member)| *member)
            .collect();
        let before = reached.len();
        reached.extend(more);
        if reached.len() == before {
            break;
        }
    }
    reached
        .into_iter()
        .filter(|one| *one < PEOPLE && !disabled.contains(one))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_graph_of_groups_ends_and_reaches_what_the_naive_model_does(
        edges in prop::collection::btree_set((PEOPLE..ALL, 0..ALL), 0..25),
        disabled in prop::collection::btree_set(0..ALL, 0..4),
    ) {
        let edges: BTreeSet<_> = edges.into_iter().filter(|(group, member)| group != member).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let house = House::empty().await;
            let mut ids = Vec::new();
            for number in 0..ALL {
                let local = format!("p{number}");
                ids.push(if number < PEOPLE {
                    house.shared(&local).await
                } else {
                    house.group(&local, &[]).await
                });
            }
            for (group, member) in &edges {
                let add = house.directory.add_member(&house.actor, ids[*group], ids[*member]);
                add.await.unwrap();
            }
            for number in &disabled {
                house.enable(ids[*number], false).await;
            }
            for number in 0..ALL {
                let expected: Vec<PrincipalId> = naive(number, &edges, &disabled)
                    .into_iter()
                    .map(|one| ids[one])
                    .collect();
                let expected = if expected.is_empty() {
                    Resolved::Unknown
                } else {
                    Resolved::Accounts(expected)
                };
                assert_eq!(resolved(&house, &format!("p{number}@example.org")).await, expected);
            }
        });
    }
}
