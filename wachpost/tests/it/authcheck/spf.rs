//! The official tests of SPF: the suite of openspf.org for RFC 7208, as the PyPI package `pyspf` 2.0.14 carries it.
//!
//! `vectors/rfc7208-tests.json` is that suite's YAML written as JSON, nothing else changed; its licence stands beside it.

use serde_json::Value;

use super::name_server::{NameServer, Record, Zone};
use super::{Conversation, check};

const SUITE: &str = include_str!("vectors/rfc7208-tests.json");

/// What stands for a name's own explanation when it has none.
const NO_EXPLANATION: &str = "DEFAULT";

#[test]
fn the_official_suite_passes() {
    let scenarios: Vec<Value> = serde_json::from_str(SUITE).unwrap();
    let (mut passed, mut failed) = (0, Vec::new());
    // Every program waits for the DNS most of its time.
    std::thread::scope(|scope| {
        let halves = scenarios.chunks(scenarios.len().div_ceil(4));
        let threads: Vec<_> = halves
            .map(|half| scope.spawn(|| half.iter().map(run).collect::<Vec<_>>()))
            .collect();
        for (count, faults) in threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
        {
            passed += count;
            failed.extend(faults);
        }
    });
    eprintln!(
        "SPF: {passed} of {} official tests passed",
        passed + failed.len()
    );
    assert!(
        failed.is_empty(),
        "{} failed:\n{}",
        failed.len(),
        failed.join("\n")
    );
    assert_eq!(passed, 203);
}

/// One scenario: how many passed, and what did not.
fn run(scenario: &Value) -> (usize, Vec<String>) {
    let server = NameServer::start(zone(&scenario["zonedata"]));
    let mut failed = Vec::new();
    let tests = scenario["tests"].as_array().unwrap();
    for test in tests {
        let text = |name: &str| test[name].as_str().unwrap();
        let found = check(
            &server,
            &Conversation {
                ip: text("host"),
                helo: text("helo"),
                mail_from: text("mailfrom"),
                now: None,
            },
            b"From: x@example.invalid\r\n\r\n",
        );
        let result = &found["spf"]["result"];
        let explanation = found["spf"]["explanation"]
            .as_str()
            .unwrap_or(NO_EXPLANATION);
        let expected = test["result"].as_array().unwrap();
        let explained = test["explanation"]
            .as_str()
            .is_none_or(|expected| expected == explanation);
        if !expected.contains(result) || !explained {
            failed.push(format!(
                "{} / {} ({}): expected {} {}, found {} {explanation}; {}",
                scenario["description"],
                test["name"],
                test["spec"],
                test["result"],
                test["explanation"],
                result,
                found["spf"]
            ));
        }
    }
    (tests.len() - failed.len(), failed)
}

/// The records of a scenario. Names with records of type SPF have them as TXT, unless they have TXT records of their own.
fn zone(data: &Value) -> Zone {
    let mut zone = Zone::default();
    for (name, records) in data.as_object().unwrap() {
        let records = records.as_array().unwrap();
        let has_txt = records.iter().any(|record| record.get("TXT").is_some());
        for record in records {
            if record == "TIMEOUT" {
                zone.add(name, Record::Failing(None));
                continue;
            }
            for (kind, value) in record.as_object().unwrap() {
                let kind = if kind == "SPF" && !has_txt {
                    "TXT"
                } else {
                    kind
                };
                if let Some(record) = self::record(kind, value) {
                    zone.add(name, record);
                }
            }
        }
    }
    zone
}

fn record(kind: &str, value: &Value) -> Option<Record> {
    let text = || value.as_str().unwrap();
    if value == "TIMEOUT" {
        let number = match kind {
            "TXT" => 16,
            _ => return None,
        };
        return Some(Record::Failing(Some(number)));
    }
    Some(match kind {
        "A" => Record::A(text().parse().unwrap()),
        "AAAA" => Record::Aaaa(text().parse().unwrap()),
        "PTR" => Record::Ptr(text().to_owned()),
        "CNAME" => Record::Cname(text().to_owned()),
        "MX" => {
            let preference = u16::try_from(value[0].as_u64().unwrap()).unwrap();
            Record::Mx(preference, value[1].as_str().unwrap().to_owned())
        }
        // A name that says it has no TXT records.
        "TXT" if value == "NONE" => return None,
        "TXT" => Record::Txt(match value.as_array() {
            // No string at all cannot be sent: an empty one can.
            Some(strings) if strings.is_empty() => vec![Vec::new()],
            Some(strings) => strings
                .iter()
                .map(|string| octets(string.as_str().unwrap()))
                .collect(),
            None => vec![octets(text())],
        }),
        _ => return None,
    })
}

/// Each character of the suite stands for one octet.
fn octets(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).unwrap())
        .collect()
}
