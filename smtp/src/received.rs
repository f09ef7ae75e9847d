//! Trace headers: the `Received` line of each hop and the `Return-Path` of final delivery (RFC 5321 4.4).
//!
//! Everything that came from a peer is made harmless here: nothing in it can end the line, a comment or a header.

use std::fmt::Write as _;
use std::net::IpAddr;

use crate::codec::{ForwardPath, ReversePath};

/// How a message came, as `Received` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protocol {
    /// Over LMTP instead of SMTP.
    pub lmtp: bool,
    /// The client said EHLO (or LHLO), not HELO.
    pub extended: bool,
    /// Under TLS.
    pub tls: bool,
    /// After a successful AUTH.
    pub authenticated: bool,
    /// With SMTPUTF8 in MAIL.
    pub utf8: bool,
}

impl Protocol {
    /// The registered name: `ESMTPSA` and the like.
    #[must_use]
    pub fn name(self) -> String {
        // RFC 3848 1: S for STARTTLS or TLS, A for AUTH. RFC 6531 4.3: UTF8SMTP and UTF8LMTP take the E's place.
        let base = match (self.lmtp, self.utf8, self.extended) {
            (true, true, _) => "UTF8LMTP",
            (true, false, _) => "LMTP",
            (false, true, _) => "UTF8SMTP",
            (false, false, true) => "ESMTP",
            (false, false, false) => return "SMTP".to_owned(),
        };
        let tls = if self.tls { "S" } else { "" };
        let authenticated = if self.authenticated { "A" } else { "" };
        format!("{base}{tls}{authenticated}")
    }
}

/// What a `Received` line says.
#[derive(Debug, Clone, Copy)]
pub struct Trace<'a> {
    /// What the client called itself.
    pub client_name: &'a str,
    /// Where it came from; nothing for a Unix socket, or where a person's whereabouts are nobody's business.
    pub client_address: Option<IpAddr>,
    /// The name of that address in DNS, confirmed forward.
    pub client_dns_name: Option<&'a str>,
    /// This server's name.
    pub hostname: &'a str,
    /// How it came.
    pub protocol: Protocol,
    /// TLS version and cipher suite, for a comment.
    pub tls_suite: Option<&'a str>,
    /// What the operator finds the message by in log and journal.
    pub id: &'a str,
    /// The recipient, to be given only where there is one alone: RFC 5321 7.6, or blind copies would be told of.
    pub only_recipient: Option<&'a ForwardPath>,
    /// When it came, in seconds since 1970.
    pub received_at_unix_seconds: i64,
}

/// The `Received` header with its CRLF, folded.
#[must_use]
pub fn received(trace: &Trace<'_>) -> String {
    let mut out = format!("Received: from {}", atom(trace.client_name));
    // RFC 5321 4.4: the address from the TCP connection stands in a comment; IPv6 as its address literal.
    let literal = trace
        .client_address
        .map(|address| match address.to_canonical() {
            IpAddr::V4(address) => format!("[{address}]"),
            IpAddr::V6(address) => format!("[IPv6:{address}]"),
        });
    match (trace.client_dns_name, literal) {
        (Some(name), Some(literal)) => push(&mut out, format_args!(" ({} {literal})", atom(name))),
        (None, Some(literal)) => push(&mut out, format_args!(" ({literal})")),
        (_, None) => {}
    }
    push(
        &mut out,
        format_args!("\r\n\tby {} (Wachpost)", atom(trace.hostname)),
    );
    push(&mut out, format_args!(" with {}", trace.protocol.name()));
    push(&mut out, format_args!(" id {}", atom(trace.id)));
    if let Some(suite) = trace.tls_suite {
        push(&mut out, format_args!("\r\n\t({})", comment(suite)));
    }
    if let Some(recipient) = trace.only_recipient {
        push(&mut out, format_args!("\r\n\tfor {recipient}"));
    }
    let date = date(trace.received_at_unix_seconds);
    push(&mut out, format_args!(";\r\n\t{date}\r\n"));
    out
}

/// The `Return-Path` header with its CRLF, which final delivery puts above all others (RFC 5321 4.4).
#[must_use]
pub fn return_path(reverse_path: &ReversePath) -> String {
    format!("Return-Path: {reverse_path}\r\n")
}

/// Counts the `Received` lines in a message's header, for the detection of loops.
///
/// RFC 5321 6.3: a count of 100 at least is a sign of a loop.
#[must_use]
pub fn count_received(message: &[u8]) -> usize {
    const NAME: &[u8] = b"received:";
    message
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .take_while(|line| !line.is_empty())
        .filter(|line| {
            line.get(..NAME.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(NAME))
        })
        .count()
}

/// More `Received` lines than this are a loop. RFC 5321 6.3.
pub const RECEIVED_LINES_MAX: usize = 100;

/// Octets of a `Received` and a `Return-Path` line, at most: three names of 255 octets, two paths of 256, and what
/// stands between.
pub const TRACE_OCTETS_MAX: usize = 4_096;

/// A time as RFC 5322 3.3 writes it, in UTC. Times outside the years 1970 to 9999 become the nearest inside.
#[must_use]
pub fn date(unix_seconds: i64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let seconds = unix_seconds.clamp(0, LAST_SECOND_OF_9999).unsigned_abs();
    let (days, second_of_day) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    // 1 January 1970 was a Thursday.
    let weekday = usize::try_from(days % 7).ok().and_then(|at| DAYS.get(at));
    let month = month.checked_sub(1).and_then(|at| MONTHS.get(at));
    format!(
        "{}, {day} {} {year:04} {:02}:{:02}:{:02} +0000",
        weekday.copied().unwrap_or_default(),
        month.copied().unwrap_or_default(),
        second_of_day / 3_600,
        second_of_day / 60 % 60,
        second_of_day % 60,
    )
}

const LAST_SECOND_OF_9999: i64 = 253_402_300_799;

/// Year, month from 1 and day from 1 of a day counted from 1 January 1970.
fn civil(days: u64) -> (u64, usize, u64) {
    let is_leap = |year: u64| {
        year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
    };
    // 400 years have 146,097 days; the loops then run at most 400 and 12 times.
    let mut year = 1970 + days / 146_097 * 400;
    let mut rest = days % 146_097;
    loop {
        let length = if is_leap(year) { 366 } else { 365 };
        if rest < length {
            break;
        }
        rest -= length;
        year += 1;
    }
    let february = if is_leap(year) { 29 } else { 28 };
    let lengths = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 1;
    for length in lengths {
        if rest < length {
            break;
        }
        rest -= length;
        month += 1;
    }
    (year, month, rest + 1)
}

/// Words for a comment, each made harmless.
fn comment(text: &str) -> String {
    let words: Vec<String> = text.split_ascii_whitespace().map(atom).collect();
    words.join(" ")
}

/// Text of a peer without anything that could end a word, a comment or a line.
fn atom(text: &str) -> String {
    let harmless = |character: char| match character {
        '(' | ')' | '<' | '>' | '\\' | '"' | ';' | ',' => '?',
        _ if character.is_control() || character.is_whitespace() => '?',
        _ => character,
    };
    match text.is_empty() {
        true => "unknown".to_owned(),
        false => text.chars().map(harmless).collect(),
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing into a String cannot fail.
    let _ = out.write_fmt(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOCOL: Protocol = Protocol {
        lmtp: false,
        extended: true,
        tls: true,
        authenticated: true,
        utf8: false,
    };

    #[test]
    fn dates() {
        for (seconds, expected) in [
            (-1, "Thu, 1 Jan 1970 00:00:00 +0000"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 +0000"),
            (951_868_800, "Wed, 1 Mar 2000 00:00:00 +0000"),
            (1_614_643_199, "Mon, 1 Mar 2021 23:59:59 +0000"),
            (4_107_542_400, "Mon, 1 Mar 2100 00:00:00 +0000"),
            (i64::MAX, "Fri, 31 Dec 9999 23:59:59 +0000"),
        ] {
            assert_eq!(date(seconds), expected);
        }
    }

    #[test]
    fn protocol_names() {
        assert_eq!(PROTOCOL.name(), "ESMTPSA");
        let name = |change: fn(&mut Protocol)| {
            let mut protocol = PROTOCOL;
            change(&mut protocol);
            protocol.name()
        };
        assert_eq!(name(|it| it.utf8 = true), "UTF8SMTPSA");
        assert_eq!(name(|it| it.authenticated = false), "ESMTPS");
        assert_eq!(name(|it| it.tls = false), "ESMTPA");
        assert_eq!(name(|it| it.lmtp = true), "LMTPSA");
        assert_eq!(name(|it| (it.lmtp, it.utf8) = (true, true)), "UTF8LMTPSA");
        assert_eq!(name(|it| it.extended = false), "SMTP");
    }

    #[test]
    fn a_received_line() {
        let (path, _) = ForwardPath::parse("<a@b.org>").expect("a path");
        let trace = Trace {
            client_name: "evil)\r\nSubject: x",
            client_address: Some("::ffff:192.0.2.1".parse().expect("an address")),
            client_dns_name: Some("mx.example"),
            hostname: "mail.example.org",
            protocol: PROTOCOL,
            tls_suite: Some("TLSv1.3 TLS_AES_256_GCM_SHA384"),
            id: "17",
            only_recipient: Some(&path),
            received_at_unix_seconds: 951_782_400,
        };
        assert_eq!(
            received(&trace),
            "Received: from evil???Subject:?x (mx.example [192.0.2.1])\r\n\
             \tby mail.example.org (Wachpost) with ESMTPSA id 17\r\n\
             \t(TLSv1.3 TLS_AES_256_GCM_SHA384)\r\n\
             \tfor <a@b.org>;\r\n\
             \tTue, 29 Feb 2000 00:00:00 +0000\r\n"
        );
        let hidden = Trace {
            client_address: None,
            tls_suite: None,
            only_recipient: None,
            client_name: "",
            ..trace
        };
        assert!(received(&hidden).starts_with("Received: from unknown\r\n\tby mail"));
    }

    #[test]
    fn counts_only_the_header() {
        let message = b"Received: a\r\n\tb\r\nX: y\r\nreceived:c\r\n\r\nReceived: d\r\n";
        assert_eq!(count_received(message), 2);
        assert_eq!(return_path(&ReversePath::Null), "Return-Path: <>\r\n");
    }
}
