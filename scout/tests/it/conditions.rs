//! Conditions: whatever Microsoft's public detection script calls suspicious is noticed, and graded.

use std::fs;

use scout::assessment::{Chain, Grade, Rung, Verdict};

use crate::read;

/// What one file leads to: verdict, and chain, grade and reached rung of the only run.
fn judged(name: &str, content: &str) -> (Verdict, Option<(Chain, Grade, Rung)>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
    let report = read(folder.path());
    assert!(report.runs.len() <= 1, "{:#?}", report.runs);
    let run = report.runs.first();
    (
        report.verdict,
        run.map(|run| (run.chain, run.grade, run.reached)),
    )
}

fn proxy(protocol: &str, anchor: &str, status: u16) -> String {
    let mut row = vec![String::new(); 74];
    let columns: Vec<_> = evidence::columns::HTTP_PROXY.split(',').collect();
    for (name, value) in [
        ("DateTime", "2021-03-03T04:05:06.000Z"),
        ("RequestId", "5e58f5e5-1ddc-48d3-82c6-0199bc121640"),
        ("MajorVersion", "15"),
        ("MinorVersion", "1"),
        ("BuildVersion", "2176"),
        ("RevisionVersion", "2"),
        ("Protocol", protocol),
        ("UrlStem", "/x"),
        ("AnchorMailbox", anchor),
        ("ClientIpAddress", "203.0.113.9"),
        ("Method", "POST"),
        ("HttpStatus", &status.to_string()),
    ] {
        let at = columns.iter().position(|column| *column == name).unwrap();
        row[at] = value.to_owned();
    }
    format!(
        "#Software: Microsoft Exchange Server\n#Log-type: HttpProxy Logs\n#Fields: {}\n{}\n",
        evidence::columns::HTTP_PROXY,
        row.join(",")
    )
}

#[test]
fn cve_2021_26855_in_every_protocol_and_with_what_the_script_leaves_out() {
    for protocol in evidence::kind::PROTOCOLS {
        let log = proxy(protocol, "ServerInfo~a]@mail01:444/x/y.z?#", 200);
        let judged = judged(&format!("HttpProxy/{protocol}/x.LOG"), &log);
        assert_eq!(
            judged,
            (
                Verdict::Attempted,
                Some((Chain::ProxyLogon, Grade::Attempt, Rung::RequestForged))
            ),
            "{protocol}"
        );
    }
    for (anchor, grade) in [
        (
            "ServerInfo~a]@mail01:444/autodiscover/autodiscover.xml?#",
            Grade::Attempt,
        ),
        ("ServerInfo~localhost/ecp/default.flt?#", Grade::Scan),
    ] {
        let (verdict, run) = judged("HttpProxy/Ecp/x.LOG", &proxy("Ecp", anchor, 200));
        assert_eq!(
            (verdict, run.map(|run| run.1)),
            (Verdict::Attempted, Some(grade)),
            "{anchor}"
        );
    }
}

#[test]
fn cve_2021_26857_in_the_application_log() {
    let event = |provider: &str, level: u32, message: &str| {
        let event = serde_json::json!({
            "Channel": "Application", "SourceName": provider, "EventID": 1082, "Level": level,
            "TimeCreated": "2021-03-03T04:05:06Z", "Message": message,
        });
        judged("application.jsonl", &format!("{event}\n"))
    };
    let thrown = "The voice mail failed: System.InvalidCastException: Unable to cast object";
    assert_eq!(
        event("MSExchange Unified Messaging", 2, thrown),
        (
            Verdict::Compromised,
            Some((Chain::ProxyLogon, Grade::Success, Rung::ProcessStarted))
        )
    );
    assert_eq!(
        event("MSExchange Unified Messaging", 4, thrown),
        (Verdict::CannotKnow, None)
    );
    assert_eq!(
        event("MSExchange Unified Messaging", 2, "it is full"),
        (Verdict::CannotKnow, None)
    );
}

#[test]
fn cve_2021_26858_in_the_log_of_the_offline_address_book() {
    let row = |path: &str| {
        let log = format!(
            "2021-03-03T04:05:06.000Z,OABGeneratorAssistant,Download failed and temporary file '{path}' needs to be removed\n"
        );
        judged("Logging/OABGeneratorLog/x.LOG", &log)
    };
    assert_eq!(
        row(r"C:\inetpub\wwwroot\aspnet_client\x.aspx"),
        (
            Verdict::Compromised,
            Some((Chain::ProxyLogon, Grade::Success, Rung::FileWritten))
        )
    );
    assert_eq!(
        row(r"C:\Program Files\Microsoft\Exchange Server\V15\ClientAccess\OAB\x.lzx"),
        (Verdict::CannotKnow, None)
    );
}

#[test]
fn cve_2021_27065_in_both_logs_of_the_control_panel() {
    let reset = "ServerInfo~a]@mail01:444/ecp/DDI/DDIService.svc/SetObject?schema=ResetOABVirtualDirectory#";
    assert_eq!(
        judged("HttpProxy/Ecp/x.LOG", &proxy("Ecp", reset, 200)),
        (
            Verdict::Compromised,
            Some((Chain::ProxyLogon, Grade::Success, Rung::FileWritten))
        )
    );
    for (parameter, tag) in [
        ("ExternalUrl", "script"),
        ("InternalUrl", "SCRIPT"),
        ("ExternalUrl", "%@ Page"),
    ] {
        let log = format!(
            "#Log-type: ECP Server Log\n#Fields: TimeStamp,ServerName,EventId,EventData\n\
             2021-03-03T04:05:06.000Z,MAIL01,ECP.Request,S:TIME=9;S:CMD=Set-OabVirtualDirectory.{parameter}='http://f/<{tag} \
             language=x>y'.Identity='1';S:REQID=;S:EX=;S:BLD=15.1.2176.2\n"
        );
        let (verdict, run) = judged("ECP/Server/x.LOG", &log);
        assert_eq!(
            (verdict, run.map(|run| run.2)),
            (Verdict::Compromised, Some(Rung::DirectorySet)),
            "{parameter} {tag}"
        );
    }
}
