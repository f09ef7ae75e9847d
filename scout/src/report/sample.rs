//! A sample: an assessment with something of everything, and with texts that an intruder chose to hurt the reader.

use evidence::Moment;

use crate::assessment::{
    Assessment, BuildSpan, Chain, Citation, Clock, ClockTold, Coverage, Finding, FindingKind, Gap,
    Grade, Indicator, IndicatorKind, Reading, Run, Rung, Step, Timeline, Unread, Verdict, Wanted,
    Window,
};

/// Closes what it stands in, for each kind of reader.
pub(crate) const HOSTILE: &str = "</title></text><script>alert(1)</script>\" onload=\"x' \u{1b}[31m\u{202e}evil\r\n=HYPERLINK(1)";

pub(crate) fn at(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

fn cites(line: u64) -> Citation {
    Citation {
        file: format!("logs/{HOSTILE}.log"),
        line,
        text: HOSTILE.to_owned(),
    }
}

/// All of it foreign.
pub(crate) fn hostile() -> Assessment {
    let text = || HOSTILE.to_owned();
    let (from, until) = (at("2021-03-03T04:00:00Z"), at("2021-03-03T05:30:00.250Z"));
    let step = |rung, line| Step {
        rung,
        at: Some(from),
        grade: Grade::Success,
        says: text(),
        joined_by: text(),
        cites: cites(line),
    };
    let indicator = |kind, value: &str| Indicator {
        kind,
        value: value.to_owned(),
        says: text(),
        from: Some(from),
        until: Some(until),
    };
    Assessment {
        scout: "0.0.0".to_owned(),
        made: at("2021-03-20T00:00:00Z"),
        evidence: Reading {
            folder: text(),
            files: 3,
            octets: 4_200_000,
            rows: 12_345,
            unread: vec![Unread {
                file: text(),
                why: text(),
            }],
            more_unread: 1,
        },
        servers: vec![text()],
        verdict: Verdict::Compromised,
        reasons: vec![text(), "=1+1".to_owned()],
        timeline: Timeline {
            builds: vec![BuildSpan {
                server: text(),
                build: "15.1.2176.2".to_owned(),
                name: Some(text()),
                from: at("2021-01-01"),
                until: at("2021-03-10"),
                proxylogon: "vulnerable".to_owned(),
                proxyshell: "vulnerable".to_owned(),
            }],
            windows: vec![Window {
                server: text(),
                chain: Chain::ProxyLogon,
                from: at("2021-01-01"),
                until: at("2021-03-10"),
                open_before: true,
                closed: None,
                reached_from_outside: Some(at("2021-01-05")),
            }],
            first_attack: Some(from),
            last_attack: Some(until),
        },
        runs: vec![Run {
            number: 1,
            chain: Chain::ProxyLogon,
            grade: Grade::Success,
            addresses: vec![text()],
            agents: vec![text()],
            from: Some(from),
            until: Some(until),
            steps: Rung::ALL.into_iter().map(|rung| step(rung, 7)).collect(),
            more_steps: 5,
            reached: Rung::MailboxAccess,
            stopped: text(),
        }],
        findings: vec![Finding {
            kind: FindingKind::PlantedFile,
            grade: Grade::Success,
            at: None,
            says: text(),
            advice: text(),
            cites: cites(0),
        }],
        coverage: vec![Coverage {
            kind: text(),
            needed: true,
            never_there: false,
            files: 1,
            rows: 2,
            from: Some(at("2021-01-01")),
            until: Some(at("2021-03-10")),
            gaps: vec![Gap {
                from: at("2021-02-01"),
                until: at("2021-02-03"),
            }],
        }],
        clocks: vec![Clock {
            file: text(),
            ahead_minutes: -330,
            told_by: ClockTold::Requests,
            requests: 12,
        }],
        indicators: vec![
            indicator(IndicatorKind::Address, "203.0.113.9"),
            indicator(IndicatorKind::Address, "2001:db8::1"),
            indicator(IndicatorKind::Address, "no address"),
            indicator(
                IndicatorKind::Path,
                "C:\\inetpub\\wwwroot\\aspnet_client\\o'help.aspx",
            ),
            indicator(IndicatorKind::Path, HOSTILE),
            indicator(IndicatorKind::Sha256, &"AB".repeat(32)),
            indicator(IndicatorKind::Sha256, "short"),
            indicator(IndicatorKind::Agent, "python-requests/2.25.1"),
            indicator(IndicatorKind::Agent, HOSTILE),
            indicator(IndicatorKind::Host, "c2.example"),
            indicator(IndicatorKind::Account, "DOMAIN\\admin$"),
            indicator(IndicatorKind::Url, "/owa/auth/help.aspx"),
        ],
        collect_next: vec![Wanted {
            what: text(),
            place: text(),
            why: text(),
        }],
    }
}
