use super::*;
use crate::collation::{Collation, MatchType, Negate};

const CARD: &str = "BEGIN:VCARD\r\nVERSION:3.0\r\nUID:1\r\nFN:Jörg Müller\\, Dr.\r\nN:Müller;Jörg;;Dr.;\r\n\
    item1.EMAIL;TYPE=home,INTERNET:Joe@Home.org\r\nEMAIL;TYPE=work:jm@work.example\r\nTEL;TYPE=cell:+49 (30) 12-34\r\n\
    NICKNAME:Jo,Joey\r\nORG:ACME;Traps\r\nEND:VCARD\r\n";

fn card() -> ContactCard {
    ContactCard::read(CARD.as_bytes()).unwrap()
}

fn text(text: &str, how: MatchType) -> TextMatch {
    TextMatch::new(text, Collation::default(), how, Negate::No)
}

fn contains(wanted: &str) -> PropCondition {
    let texts = vec![text(wanted, MatchType::Contains)];
    PropCondition::Terms {
        texts,
        params: Vec::new(),
    }
}

fn about(name: &str, condition: PropCondition) -> PropFilter {
    PropFilter {
        name: name.into(),
        test: Test::AnyOf,
        condition,
    }
}

/// Whether the card meets the conditions; the summary must not say no where the card says yes.
fn meets(test: Test, properties: &[PropFilter]) -> bool {
    let filter = Filter::new(test, properties.to_vec()).unwrap();
    let matches = filter.matches(&card());
    assert!(
        !matches || filter.may_match(&card().summary()),
        "{filter:?}"
    );
    matches
}

fn one(name: &str, condition: PropCondition) -> bool {
    meets(Test::AnyOf, &[about(name, condition)])
}

#[test]
fn properties_and_their_texts() {
    assert!(meets(Test::AllOf, &[]) && meets(Test::AnyOf, &[]));
    assert!(one("fn", contains("MÜLLER, DR")));
    assert!(one("TEL", contains("(30) 12")) && !one("TEL", contains("99")));
    assert!(one("N", contains("müller;jörg")));
    assert!(one("EMAIL", contains("home.ORG")) && one("item1.EMAIL", contains("joe")));
    assert!(!one("item1.EMAIL", contains("work")) && !one("item2.EMAIL", PropCondition::IsDefined));
    assert!(one("NOTE", PropCondition::IsNotDefined) && !one("EMAIL", PropCondition::IsNotDefined));
    assert!(one("item2.EMAIL", PropCondition::IsNotDefined));
    assert!(one(
        "UID",
        PropCondition::Terms {
            texts: vec![],
            params: vec![]
        }
    ));
    let equals = PropCondition::Terms {
        texts: vec![text("joey", MatchType::Equals)],
        params: vec![],
    };
    assert!(one("NICKNAME", equals));
    assert!(!one(
        "NOTE",
        PropCondition::Terms {
            texts: vec![],
            params: vec![]
        }
    ));
}

#[test]
fn both_tests_on_both_levels() {
    let (yes, no) = (
        about("FN", contains("jör")),
        about("FN", contains("nobody")),
    );
    assert!(meets(Test::AnyOf, &[yes.clone(), no.clone()]));
    assert!(!meets(Test::AllOf, &[yes, no]));
    let both = |test, first: &str, second: &str| {
        let texts = vec![
            text(first, MatchType::Contains),
            text(second, MatchType::Contains),
        ];
        let condition = PropCondition::Terms {
            texts,
            params: vec![],
        };
        meets(
            Test::AnyOf,
            &[PropFilter {
                name: "EMAIL".into(),
                test,
                condition,
            }],
        )
    };
    assert!(both(Test::AllOf, "joe", "home"));
    assert!(
        !both(Test::AllOf, "joe", "work"),
        "both must hold of the same address"
    );
    assert!(both(Test::AnyOf, "nobody", "work"));
}

#[test]
fn parameters() {
    let param = |condition| {
        let params = vec![ParamFilter {
            name: "type".into(),
            condition,
        }];
        PropCondition::Terms {
            texts: vec![],
            params,
        }
    };
    assert!(one(
        "EMAIL",
        param(ParamCondition::Text(text("HOME", MatchType::Equals)))
    ));
    assert!(!one(
        "EMAIL",
        param(ParamCondition::Text(text("fax", MatchType::Contains)))
    ));
    assert!(
        one("ORG", param(ParamCondition::IsNotDefined))
            && !one("EMAIL", param(ParamCondition::IsNotDefined))
    );
    assert!(one("TEL", param(ParamCondition::IsDefined)));
}

#[test]
fn negation_wants_a_property_that_is_without() {
    let without = |wanted: &str| {
        let text = TextMatch::new(wanted, Collation::Octet, MatchType::Contains, Negate::Yes);
        PropCondition::Terms {
            texts: vec![text],
            params: vec![],
        }
    };
    assert!(one("EMAIL", without("home")), "the address at work is one");
    assert!(!one("ORG", without("ACME")));
    assert!(!one("NOTE", without("x")));
}

#[test]
fn a_summary_rules_out_what_it_knows() {
    let rules_out = |name: &str, condition| {
        let filter = Filter::new(Test::AnyOf, vec![about(name, condition)]).unwrap();
        !filter.may_match(&card().summary())
    };
    for name in ["FN", "N", "ORG", "NICKNAME", "EMAIL"] {
        assert!(rules_out(name, contains("nobody")), "{name}");
    }
    assert!(rules_out("TEL", contains("555")));
    assert!(rules_out("EMAIL", PropCondition::IsNotDefined));
    assert!(!rules_out("NOTE", contains("nobody")));
}

#[test]
fn a_filter_has_a_bound() {
    let many = vec![about("FN", contains("a")); 51];
    assert_eq!(Filter::new(Test::AnyOf, many), Err(TooManyTerms(102)));
}
