//! Kind: what a file of evidence is, told from its first octets and, where these say nothing, from its place.

use crate::place;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Log of the front end that passes requests on.
    HttpProxy,
    /// ECP server log: commands that the control panel ran.
    EcpServer,
    /// ECP activity log.
    EcpActivity,
    /// Log of Exchange Web Services.
    Ews,
    /// Commands that came over remote PowerShell.
    RpsCmdlet,
    /// Log of what makes the offline address book.
    OabGenerator,
    /// Message tracking log.
    MessageTracking,
    /// Log of the web server, in the W3C format.
    Iis,
    /// Protocol log of SMTP.
    Smtp,
    /// Protocol log of IMAP or POP.
    ImapPop,
    /// Audit log of the administrators' commands.
    AdminAudit,
    /// Another log of Exchange, of which only the time is read.
    OtherExchange,
    /// Windows event log in its binary form.
    Evtx,
    /// Windows events, one JSON object a line.
    EventLines,
    /// Unified audit log of Microsoft 365, one JSON object a line, or one array.
    AuditJson,
    /// Table with a row of names: file list, export of the management shell.
    Table,
    /// Export of the management shell in CLIXML.
    Clixml,
    /// Configuration of IIS: `applicationHost.config`, `web.config`.
    IisConfig,
    /// What ASP.NET writes beside a page that it compiled.
    CompiledPage,
    /// A page or script itself.
    Page,
    /// Packed with gzip.
    Gzip,
    /// ZIP archive.
    Zip,
    /// Nothing that is known.
    Unknown,
}

/// Octets of the head of a file that are looked at.
pub const HEAD_OCTETS: usize = 65_536;

/// Lines of the head that are looked at.
const HEAD_LINES: usize = 40;

/// Tells what a file is from its path and its first [`HEAD_OCTETS`], text already as UTF-8.
#[must_use]
pub fn recognise(path: &str, head: &[u8]) -> Kind {
    if let Some(kind) = by_magic(head) {
        return kind;
    }
    let normal = place::normal(path);
    let name = place::name(path);
    if place::compiled_page(&name).is_some() || name.ends_with(".compiled") {
        return Kind::CompiledPage;
    }
    let text = String::from_utf8_lossy(&head[..head.len().min(HEAD_OCTETS)]);
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if place::is_page(&name) {
        return Kind::Page;
    }
    if name.ends_with(".config") && text.contains("<configuration") {
        return Kind::IisConfig;
    }
    if let Some(kind) = by_log_head(text) {
        return kind;
    }
    if text.starts_with('<') {
        return by_markup(text);
    }
    if text.starts_with('{') || text.starts_with('[') {
        return by_json(text);
    }
    if let Some(kind) = text.lines().take(HEAD_LINES).find_map(by_row) {
        return kind;
    }
    by_place(&normal, text)
}

fn by_magic(head: &[u8]) -> Option<Kind> {
    // MS-EVEN6 and libyal's description of the format: a file begins with this name.
    if head.starts_with(b"ElfFile\0") {
        return Some(Kind::Evtx);
    }
    // RFC 1952 2.3.1
    if head.starts_with(&[0x1f, 0x8b, 8]) {
        return Some(Kind::Gzip);
    }
    // APPNOTE.TXT 4.3.7, 4.3.16
    (head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")).then_some(Kind::Zip)
}

fn by_log_head(text: &str) -> Option<Kind> {
    for line in text.lines().take(HEAD_LINES) {
        if let Some(software) = line.strip_prefix("#Software:")
            && software.contains("Internet Information Services")
        {
            return Some(Kind::Iis);
        }
        if let Some(log) = line.strip_prefix("#Log-type:") {
            return Some(by_log_type(log.trim()));
        }
        let has_names = ["#Fields:", "DateTime,", "TimeStamp,"];
        if has_names.iter().any(|first| line.starts_with(first))
            && let Some(kind) = by_fields(line)
        {
            return Some(kind);
        }
    }
    None
}

fn by_log_type(log: &str) -> Kind {
    let log = log.to_ascii_lowercase();
    match log.as_str() {
        "httpproxy logs" => Kind::HttpProxy,
        "ecp server log" => Kind::EcpServer,
        "ecp activity context log" => Kind::EcpActivity,
        "ews logs" => Kind::Ews,
        "rps cmdlet logs" => Kind::RpsCmdlet,
        "message tracking log" => Kind::MessageTracking,
        "audit" => Kind::AdminAudit,
        _ if log.contains("oab") => Kind::OabGenerator,
        _ if log.starts_with("smtp ") => Kind::Smtp,
        _ if log.contains("imap") || log.contains("pop") => Kind::ImapPop,
        _ => Kind::OtherExchange,
    }
}

fn by_fields(line: &str) -> Option<Kind> {
    let has = |name: &str| line.contains(name);
    Some(match () {
        () if has("cs-uri-stem") => Kind::Iis,
        () if has("AnchorMailbox") && has("UrlStem") => Kind::HttpProxy,
        () if has("SoapAction") && has("ImpersonatedUser") => Kind::Ews,
        () if has("CmdletUniqueId") => Kind::RpsCmdlet,
        () if has("TimeStamp,ServerName,EventId,EventData") => Kind::EcpServer,
        () if has("network-message-id") && has("message-subject") => Kind::MessageTracking,
        () if has("connector-id,session-id") => Kind::Smtp,
        () => return None,
    })
}

fn by_markup(text: &str) -> Kind {
    if text.contains("<Objs ") || text.contains("<Objs>") {
        Kind::Clixml
    } else if text.contains("<preserve ") {
        Kind::CompiledPage
    } else if text.contains("<configuration") {
        Kind::IisConfig
    } else {
        Kind::Unknown
    }
}

fn by_json(text: &str) -> Kind {
    let has = |name: &str| text.contains(name);
    if has("\"Workload\"") && has("\"Operation\"") {
        Kind::AuditJson
    } else if has("\"EventID\"") || has("\"EventId\"") || has("\"event_id\"") || has("\"winlog\"") {
        Kind::EventLines
    } else {
        Kind::Unknown
    }
}

/// A row of a log whose head is cut off.
fn by_row(line: &str) -> Option<Kind> {
    let octets = line.as_bytes();
    let mut parts = line.splitn(12, ',');
    let (first, second, third) = (
        parts.next()?,
        parts.next().unwrap_or(""),
        parts.next().unwrap_or(""),
    );
    if crate::Moment::parse(first).is_some() && first.len() >= 20 {
        let fourth = parts.next().unwrap_or("");
        let fifth = parts.next().unwrap_or("");
        let is_guid =
            second.len() == 36 && second.bytes().filter(|octet| *octet == b'-').count() == 4;
        let is_version = matches!(third, "14" | "15") && fourth.len() <= 2;
        if is_guid && is_version {
            // EWS logs have the ring where HttpProxy logs have the request of the client; only the latter name a protocol next.
            let protocol = parts.nth(2).unwrap_or("");
            return Some(
                if PROTOCOLS
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(protocol))
                {
                    Kind::HttpProxy
                } else {
                    Kind::Ews
                },
            );
        }
        if third.starts_with("ECP.")
            || third.starts_with("ECP ")
            || fourth.starts_with("S:TIME=")
            || fourth.contains(";S:CMD=")
        {
            return Some(Kind::EcpServer);
        }
        let is_session =
            |text: &str| text.len() == 16 && text.bytes().all(|octet| octet.is_ascii_hexdigit());
        let is_endpoint = |text: &str| {
            text.rsplit_once(':')
                .is_some_and(|(_, port)| port.parse::<u16>().is_ok())
        };
        if is_session(second) && is_endpoint(fourth) && is_endpoint(fifth) {
            return Some(Kind::ImapPop);
        }
        if is_session(third) && is_endpoint(fifth) {
            return Some(Kind::Smtp);
        }
        return None;
    }
    // 2021-03-03 04:05:06 10.0.0.5 GET /owa ...
    let is_w3c = octets.len() > 20
        && octets[10] == b' '
        && octets[19] == b' '
        && crate::Moment::parse(&line[..line.floor_char_boundary(19)]).is_some();
    (is_w3c && line.split(' ').count() >= 10).then_some(Kind::Iis)
}

/// The protocols that HttpProxy logs name.
pub const PROTOCOLS: [&str; 14] = [
    "Autodiscover",
    "Eas",
    "Ecp",
    "Ews",
    "Mapi",
    "Oab",
    "Owa",
    "OwaCalendar",
    "PowerShell",
    "PowerShellGateway",
    "PushNotifications",
    "ReportingWebService",
    "Rest",
    "RpcHttp",
];

fn by_place(normal: &str, text: &str) -> Kind {
    let has = |folder: &str| normal.contains(folder);
    match () {
        () if has("/oabgeneratorlog/") || text.contains("OABGeneratorAssistant") => {
            Kind::OabGenerator
        }
        () if has("/httpproxy/") && normal.ends_with(".log") => Kind::HttpProxy,
        () if has("/ecp/server/") && normal.ends_with(".log") => Kind::EcpServer,
        () if is_table(text) => Kind::Table,
        () if has("/logging/") && normal.ends_with(".log") => Kind::OtherExchange,
        () => Kind::Unknown,
    }
}

/// Whether a text begins as `Export-Csv` writes it, or with a row of names.
fn is_table(text: &str) -> bool {
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with("#TYPE"));
    let Some(names) = lines.next() else {
        return false;
    };
    let mut fields = Vec::new();
    crate::field::split(names.as_bytes(), &mut fields);
    let is_name = |field: &crate::Field<'_>| {
        let text = field.raw();
        !text.is_empty()
            && text.len() <= 64
            && text.first().is_some_and(u8::is_ascii_alphabetic)
            && text
                .iter()
                .all(|octet| octet.is_ascii_alphanumeric() || b" _-().".contains(octet))
    };
    fields.len() >= 2 && fields.iter().all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_known_by_their_heads() {
        let cases: [(&str, Kind); 9] = [
            (
                "#Software: Microsoft Exchange Server\n#Log-type: HttpProxy Logs\n",
                Kind::HttpProxy,
            ),
            (
                "DateTime,RequestId,UrlStem,AnchorMailbox\n#Software: Microsoft Exchange Server",
                Kind::HttpProxy,
            ),
            (
                "#Software: Microsoft Internet Information Services 10.0\n",
                Kind::Iis,
            ),
            ("#Fields: date time cs-uri-stem\n", Kind::Iis),
            (
                "2021-03-03 04:05:06 10.0.0.5 POST /ecp/y.js - 443 - 1.2.3.4 ua - 200 0 0 5\n",
                Kind::Iis,
            ),
            (
                "2021-03-03T04:05:06.000Z,5e58f5e5-1ddc-48d3-82c6-0199bc121640,15,1,2375,7,,Ecp,h,/ecp",
                Kind::HttpProxy,
            ),
            (
                "2022-07-20T21:28:50.530Z,000000000000000E,2,192.168.9.241:143,192.168.9.212:35070,u,1",
                Kind::ImapPop,
            ),
            (
                "2022-07-20T21:12:06.270Z,EX\\Default,08DA4F7C11473A60,9,192.168.9.241:25,192.168.9.212:53722,>,535",
                Kind::Smtp,
            ),
            ("\"Name\",\"ForwardTo\"\n\"a\",\"b\"", Kind::Table),
        ];
        for (text, kind) in cases {
            assert_eq!(recognise("x.log", text.as_bytes()), kind, "{text}");
        }
    }

    #[test]
    fn what_says_nothing_is_unknown() {
        for text in ["", "\0\0\0", "hello", "é,é,é\n", "2021-03-03 04:05:0é"] {
            assert_eq!(recognise("x", text.as_bytes()), Kind::Unknown, "{text}");
        }
    }
}
