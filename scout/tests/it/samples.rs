//! Samples: evidence that others collected: everything in that of attacks is found, and nothing in that of quiet servers.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use scout::assessment::{Chain, FindingKind, Grade, Rung, Verdict};

use crate::without::laboratory;
use crate::{exchange, read};

/// A folder with copies of some files.
fn with(files: &[&Path]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        fs::copy(file, folder.path().join(file.file_name().unwrap())).unwrap();
    }
    folder
}

#[test]
fn quiet_logs_of_every_kind_are_read_and_say_nothing() {
    let Some(exchange) = exchange() else { return };
    let report = read(&exchange.join("log-samples"));
    assert_eq!(
        (report.verdict, report.runs.len(), report.findings.len()),
        (Verdict::CannotKnow, 0, 0)
    );
    assert!(report.evidence.unread.is_empty());
    for kind in [
        "HttpProxy Autodiscover",
        "HttpProxy Eas",
        "HttpProxy Ecp",
        "HttpProxy Ews",
        "HttpProxy Mapi",
        "HttpProxy Owa",
        "HttpProxy PowerShell",
        "HttpProxy RpcHttp",
        "ECP server",
        "ECP activity",
        "EWS",
        "remote PowerShell commands",
        "message tracking",
        "SMTP protocol",
        "admin audit",
    ] {
        assert!(
            report.coverage.iter().any(|coverage| coverage.kind == kind
                && coverage.rows > 0
                && coverage.from.is_some()),
            "{kind}"
        );
    }
    assert!(!report.timeline.builds.is_empty());
    for span in &report.timeline.builds {
        assert_eq!(
            (
                span.build.as_str(),
                span.proxylogon.as_str(),
                span.proxyshell.as_str()
            ),
            ("15.1.2375.7", "fixed", "fixed")
        );
    }
    assert!(report.timeline.windows.is_empty());
}

#[test]
fn guessing_is_found_and_one_mistake_is_none() {
    let Some(exchange) = exchange() else { return };
    let logs = exchange.join("mail-logs");
    for protocol in ["imap", "pop", "smtp"] {
        let quiet = with(&[&logs.join(format!("exchange-{protocol}-logs.log"))]);
        assert!(read(quiet.path()).findings.is_empty(), "{protocol}");
        let loud = with(&[&logs.join(format!("exchange-{protocol}-bf.log"))]);
        let kinds: Vec<_> = read(loud.path())
            .findings
            .iter()
            .map(|finding| finding.kind)
            .collect();
        assert_eq!(kinds, [FindingKind::Guessing], "{protocol}");
    }
}

#[test]
fn tables_and_lists_of_indicators_are_no_evidence() {
    let Some(exchange) = exchange() else { return };
    for folder in ["census-samples", "indicators"] {
        let report = read(&exchange.join(folder));
        assert!(
            report.runs.is_empty() && report.findings.is_empty(),
            "{folder}: {:?}",
            report.findings
        );
    }
}

#[test]
fn every_step_of_the_run_in_the_laboratory_is_found_in_its_order_and_in_utc() {
    let Some(exchange) = exchange() else { return };
    let report = read(&exchange.join("lab-run-2021"));
    assert_eq!(
        (report.verdict, report.runs.len()),
        (Verdict::Compromised, 1),
        "{:#?}",
        report.reasons
    );
    let run = &report.runs[0];
    assert_eq!(
        (run.chain, run.grade, run.reached),
        (Chain::ProxyLogon, Grade::Success, Rung::ProcessStarted)
    );
    // The export has the times of a place five hours behind UTC; Sysmon's own values tell it.
    assert!(
        run.from
            .unwrap()
            .to_string()
            .starts_with("2021-03-14T06:40:11")
    );
    let rungs: Vec<_> = Rung::ALL
        .into_iter()
        .filter(|rung| run.steps.iter().any(|step| step.rung == *rung))
        .collect();
    assert_eq!(
        rungs,
        [
            Rung::RequestForged,
            Rung::DirectorySet,
            Rung::FileWritten,
            Rung::PageCompiled,
            Rung::ProcessStarted
        ]
    );
    for (rung, says) in [
        (Rung::DirectorySet, "ExternalUrl"),
        (Rung::FileWritten, "ohyeah.aspx"),
        (Rung::PageCompiled, "ohyeah.aspx"),
        (Rung::ProcessStarted, "whoami"),
    ] {
        assert!(
            run.steps
                .iter()
                .any(|step| step.rung == rung && step.says.contains(says) && step.cites.line > 0),
            "{rung:?}"
        );
    }
    assert!(run.steps.is_sorted_by_key(|step| step.at));
}

#[test]
fn the_run_in_the_laboratory_is_found_without_any_one_log() {
    let Some(exchange) = exchange() else { return };
    let text = laboratory(&exchange);
    let channel_of = |line: &str| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        event["Channel"].as_str().unwrap_or_default().to_owned()
    };
    let lines: Vec<_> = text.lines().map(|line| (channel_of(line), line)).collect();
    let channels: BTreeSet<_> = lines.iter().map(|(channel, _)| channel.as_str()).collect();
    assert!(channels.len() > 5, "{channels:?}");
    for without in channels {
        let folder = tempfile::tempdir().unwrap();
        let kept = lines.iter().filter(|(channel, _)| channel != without);
        let kept: Vec<_> = kept.map(|(_, line)| *line).collect();
        fs::write(folder.path().join("events.json"), kept.join("\n")).unwrap();
        let report = read(folder.path());
        assert_eq!(report.verdict, Verdict::Compromised, "without {without}");
    }
}

#[test]
fn each_event_log_of_an_attack_is_noticed() {
    let Some(exchange) = exchange() else { return };
    let logs = exchange.join("evtx");
    for (name, kind) in [
        (
            "ID11-Exchange_transport_config_modified.evtx",
            Some(FindingKind::TransportAgent),
        ),
        ("ID11-LSASS_credentials_dump_via_Task_Manager.evtx", None),
        (
            "ID4720-4726_Fast_created-deleted_user.evtx",
            Some(FindingKind::Account),
        ),
        (
            "ID4756-Exchange_admin_group_change.evtx",
            Some(FindingKind::RoleGroup),
        ),
        (
            "ID4756-Exchange_critical_group_change__DCsync_.evtx",
            Some(FindingKind::RoleGroup),
        ),
        (
            "ID6-Failed_to_install_an_Exchange_transport_agent.evtx",
            Some(FindingKind::TransportAgent),
        ),
    ] {
        let folder = with(&[&logs.join(name)]);
        let report = read(folder.path());
        match kind {
            Some(kind) => assert!(
                report
                    .findings
                    .iter()
                    .any(|finding| finding.kind == kind && finding.grade >= Grade::Attempt),
                "{name}"
            ),
            None => assert_eq!(
                report.runs.first().map(|run| run.reached),
                Some(Rung::Dump),
                "{name}"
            ),
        }
        assert!(report.verdict >= Verdict::Attempted, "{name}");
    }
}
