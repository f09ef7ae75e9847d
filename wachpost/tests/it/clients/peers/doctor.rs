//! The doctor: a domain that has but an MX record becomes one at which nothing is missing, by doing what is said.

use super::house::House;
use super::issuer::Issuer;
use super::names::Names;
use super::network::alone;

/// What somebody has who has just begun.
const RECORDS: &str = "a.test. MX 10 mail.a.test.\nmail.a.test. A 44.0.0.1\n";
/// What only the owner of the addresses can set.
const REVERSE: &str = "1.0.0.44.in-addr.arpa. PTR mail.a.test.\n";

#[test]
fn doing_what_the_doctor_says_makes_a_domain_sound() {
    alone(
        module_path!(),
        "doing_what_the_doctor_says_makes_a_domain_sound",
        &[1],
        |folder| {
            let issuer = Issuer::new();
            let mut names = Names::start(folder, RECORDS, "");
            let issued = issuer.issue(&["mail.a.test", "mta-sts.a.test"]);
            let more = "[mta_sts]\nmode = \"enforce\"\n";
            let house = House::start("44.0.0.1", "a.test", (&names, &issuer, &issued), more);
            let examined = || house.server.json(&["doctor", "--domain", "a.test"])[0].clone();

            let first = examined();
            assert_eq!(state(&first, "MX"), "good", "{first}");
            assert_eq!(state(&first, "DNSSEC"), "good", "{first}");
            for missing in ["PTR", "SPF", "DKIM", "DMARC", "DANE", "MTA-STS"] {
                assert_eq!(state(&first, missing), "bad", "{missing}: {first}");
            }
            assert!(first["grade"]["met"].as_u64() < Some(4), "{first}");

            house.server.command_ok(&["dkim", "generate", "a.test"]);
            let records = house.server.command_ok(&["dns", "a.test"]);
            names.publish(&format!("{REVERSE}{records}"));
            let second = super::house::await_some(
                || Some(examined()).filter(|found| found["grade"]["met"] == 7),
                || format!("{:#}", examined()),
            );
            for measure in [
                "MX", "PTR", "SPF", "DKIM", "DMARC", "DNSSEC", "DANE", "TLS", "MTA-STS", "TLS-RPT",
            ] {
                assert_eq!(state(&second, measure), "good", "{measure}: {second:#}");
            }
            let text = house.server.command_ok(&["doctor", "--domain", "a.test"]);
            assert!(text.contains("7 of 7 measures"), "{text}");
        },
    );
}

/// How a measure stands.
fn state<'a>(examined: &'a serde_json::Value, measure: &str) -> &'a str {
    let mut findings = examined["findings"].as_array().unwrap().iter();
    let finding = findings.find(|finding| finding["measure"] == measure);
    finding.unwrap()["state"].as_str().unwrap()
}
