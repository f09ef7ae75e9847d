use proptest::prelude::*;

use super::*;
use crate::assessment::{Rung, Timeline};
use sample::{HOSTILE, hostile};

/// Tags that our pages are made of.
const TAGS: &str = "!doctype html head meta title style body div label input h1 h2 h3 p br strong span ul ol li table tr th td code details summary svg text line rect circle g polyline path";

/// The only link, which leads to a place in the same page.
const LINK: &str = "<a href=\"#next\">";

/// Every tag is one of ours, has no handler, leads nowhere else, and closes.
fn harmless_markup(page: &str) {
    let page = page.replace(LINK, "").replace("</a>", "");
    for part in page.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect("a tag ends");
        let name = tag
            .trim_start_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap();
        assert!(TAGS.split(' ').any(|known| known == name), "<{tag}>");
        for attribute in tag.split('"').step_by(2) {
            assert!(
                !attribute.contains(" on") && !attribute.contains("href"),
                "<{tag}>"
            );
        }
    }
    assert!(!page.contains('\u{1b}') && !page.contains('\u{202e}'));
}

#[test]
fn a_page_holds_nothing_that_an_intruder_wrote_as_markup() {
    let page = html(&hostile());
    harmless_markup(&page);
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert!(page.contains("default-src 'none'"));
    // Each rung, in both languages.
    for rung in Rung::ALL {
        assert!(page.contains(rung.words()));
    }
    assert!(page.contains("kompromittiert"));
    assert!(page.contains(LINK) && page.contains("id=\"next\""));
}

#[test]
fn a_terminal_is_told_nothing_by_an_intruder() {
    for text in [text(&hostile()), collect_next(&hostile())] {
        assert!(
            text.chars()
                .all(|letter| letter == '\n' || !letter.is_control())
        );
        assert!(!text.contains('\u{202e}'));
        assert!(text.contains("\\u{1b}[31m"));
    }
    assert!(text(&hostile()).starts_with("VERDICT: COMPROMISED\n"));
}

#[test]
fn a_spreadsheet_calculates_nothing() {
    let mut assessment = hostile();
    for formula in [
        "=1+1", "+1", "-1", "@SUM(A1)", "  =1", "\t=1", "\r=1", "＝1",
    ] {
        assessment.indicators[7].value = formula.to_owned();
        let csv = indicators_csv(&assessment);
        for line in csv.split("\r\n") {
            for cell in line.split("\",\"") {
                let cell = cell.trim_start_matches('"').trim_start();
                assert!(
                    !cell.starts_with(['=', '+', '-', '@', '\t', '\r', '＝']),
                    "{cell}"
                );
            }
        }
        assert_eq!(csv.lines().count(), 1 + assessment.indicators.len());
    }
    assert_eq!(escape::cell("say \"hi\""), "\"say \"\"hi\"\"\"");
}

#[test]
fn json_has_everything_as_it_was() {
    let value: serde_json::Value = serde_json::from_str(&json(&hostile())).unwrap();
    assert_eq!(value["verdict"], "compromised");
    assert_eq!(value["runs"][0]["steps"][0]["says"], HOSTILE);
}

#[test]
fn a_bundle_names_each_object_once_and_refers_to_what_is_there() {
    let value: serde_json::Value = serde_json::from_str(&stix(&hostile())).unwrap();
    let objects = value["objects"].as_array().unwrap();
    let ids: std::collections::BTreeSet<_> = objects
        .iter()
        .map(|object| object["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids.len(), objects.len());
    let count = |kind: &str| {
        objects
            .iter()
            .filter(|object| object["type"] == kind)
            .count()
    };
    assert_eq!(
        (count("identity"), count("report"), count("vulnerability")),
        (1, 1, 4)
    );
    // What is no address and no hash is left out.
    assert_eq!(count("indicator"), 10);
    for object in objects {
        for reference in ["source_ref", "target_ref", "created_by_ref"] {
            if let Some(id) = object[reference].as_str() {
                assert!(ids.contains(id), "{id}");
            }
        }
        for id in object["object_refs"].as_array().into_iter().flatten() {
            assert!(ids.contains(id.as_str().unwrap()));
        }
    }
    let text = stix(&hostile());
    assert!(text.contains("file:name = 'o\\\\'help.aspx'"));
    assert_eq!(text, stix(&hostile()));
}

#[test]
fn an_assessment_without_anything_is_a_report_too() {
    let mut assessment = hostile();
    assessment.timeline = Timeline::default();
    assessment.runs.clear();
    assessment.findings.clear();
    assessment.coverage.clear();
    assessment.indicators.clear();
    assessment.collect_next.clear();
    assessment.servers.clear();
    assessment.reasons.clear();
    harmless_markup(&html(&assessment));
    assert!(text(&assessment).contains("What was read"));
    assert!(stix(&assessment).contains("object_refs"));
    assert_eq!(collect_next(&assessment), "Nothing is missing.\n");
}

proptest! {
    #[test]
    fn any_text_is_harmless_everywhere(foreign in "\\PC*|.{0,80}") {
        let mut assessment = hostile();
        assessment.reasons = vec![foreign.clone()];
        assessment.runs[0].agents = vec![foreign.clone()];
        assessment.coverage[0].kind = foreign.clone();
        assessment.indicators[7].value = foreign;
        harmless_markup(&html(&assessment));
        let bundle: serde_json::Value = serde_json::from_str(&stix(&assessment)).unwrap();
        prop_assert!(bundle["objects"].is_array());
    }
}
