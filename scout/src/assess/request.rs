//! Request: the questions that are put to one web request, whichever log tells of it.

use std::borrow::Cow;

use evidence::{Moment, place};

use super::collected::Collected;
use super::trace::{Keys, Trace};
use crate::assessment::{Chain, Citation, Grade, Rung};

/// A request as a log tells it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request<'a> {
    pub(crate) at: Option<Moment>,
    pub(crate) method: Cow<'a, str>,
    /// The path; never the query.
    pub(crate) path: Cow<'a, str>,
    pub(crate) query: Cow<'a, str>,
    pub(crate) status: u16,
    /// Where the front end was told to go; only HttpProxy logs have it.
    pub(crate) anchor: Cow<'a, str>,
    pub(crate) address: Cow<'a, str>,
    pub(crate) agent: Cow<'a, str>,
    pub(crate) user: Cow<'a, str>,
    pub(crate) requests: Vec<String>,
}

/// What is said of a request.
struct Answer {
    chain: Chain,
    rung: Rung,
    grade: Grade,
    says: String,
    markers: Vec<String>,
}

impl Answer {
    fn new(chain: Chain, rung: Rung, grade: Grade, says: impl Into<String>) -> Option<Self> {
        Some(Self {
            chain,
            rung,
            grade,
            says: says.into(),
            markers: Vec::new(),
        })
    }
}

/// Puts all questions, and keeps what comes of it.
pub(crate) fn ask(request: &Request<'_>, cites: impl FnOnce() -> Citation, to: &mut Collected) {
    let answer = forged_by_anchor(request)
        .or_else(|| forged_by_autodiscover(request))
        .or_else(|| forged_path(request))
        .or_else(|| planted_page(request))
        .or_else(|| static_file_posted_to(request));
    let Some(answer) = answer else { return };
    to.add(Trace {
        chain: answer.chain,
        rung: answer.rung,
        grade: answer.grade,
        at: request.at,
        says: answer.says,
        cites: cites(),
        keys: Keys {
            address: request.address.trim().to_owned(),
            requests: request.requests.clone(),
            markers: answer.markers,
            agent: request.agent.trim().to_owned(),
        },
    });
}

/// CVE-2021-26855: a cookie of the caller says to which server, and there to which path, the front end passes the request on.
/// Microsoft's condition is `ServerInfo~*/*`; what it leaves out, `localhost` and autodiscover, is graded here.
fn forged_by_anchor(request: &Request<'_>) -> Option<Answer> {
    let anchor = request.anchor.to_ascii_lowercase();
    let target = anchor.strip_prefix("serverinfo~")?;
    let (host, path) = target.split_once('/')?;
    let path = format!("/{path}");
    let status = request.status;
    let answered = matches!(status, 200..=399);
    let chain = Chain::ProxyLogon;
    if path.contains("proxylogon.ecp") {
        // Exchange answers 241 where a session for the control panel was made.
        return match status {
            241 => Answer::new(
                chain,
                Rung::Session,
                Grade::Success,
                "made a session of the control panel in the name of another user (status 241)",
            ),
            _ => Answer::new(
                chain,
                Rung::Session,
                Grade::Attempt,
                format!(
                    "asked for a session of the control panel in the name of another user (status {status})"
                ),
            ),
        };
    }
    if path.contains("ddiservice.svc")
        || (path.contains("virtualdirectory") && path.contains("schema="))
    {
        let grade = if status == 200 {
            Grade::Success
        } else {
            Grade::Attempt
        };
        let (rung, says) = if path.contains("reset") && path.contains("virtualdirectory") {
            (
                Rung::FileWritten,
                "had a virtual directory reset, which writes its configuration into a file of the caller's choice",
            )
        } else if path.contains("setobject") {
            (
                Rung::DirectorySet,
                "changed a virtual directory through the control panel",
            )
        } else {
            (
                Rung::Session,
                "read virtual directories through the control panel",
            )
        };
        return Answer::new(chain, rung, grade, format!("{says} (status {status})"));
    }
    let is_localhost = host
        .trim_start_matches(['a', ']', '@', '['])
        .starts_with("localhost");
    if is_localhost || path.contains("/ecp/default.flt") || path.contains("/owa/auth/logon.aspx") {
        return Answer::new(
            chain,
            Rung::Probe,
            Grade::Scan,
            format!("looked whether the server passes requests on (status {status})"),
        );
    }
    if path.contains("/autodiscover") {
        return Answer::new(
            chain,
            Rung::RequestForged,
            Grade::Attempt,
            format!(
                "asked autodiscover in the server's name for the identity of a mailbox (status {status})"
            ),
        );
    }
    if path.contains("/ews/") {
        let grade = if answered {
            Grade::Success
        } else {
            Grade::Attempt
        };
        return Answer::new(
            chain,
            Rung::MailboxAccess,
            grade,
            format!(
                "asked Exchange Web Services in the server's name, which may read any mail (status {status})"
            ),
        );
    }
    if path.contains("/mapi/") {
        return Answer::new(
            chain,
            Rung::RequestForged,
            Grade::Attempt,
            format!("asked MAPI in the server's name for the identity of a user (status {status})"),
        );
    }
    Answer::new(
        chain,
        Rung::RequestForged,
        Grade::Attempt,
        format!("had the server send a request of the caller's in its own name (status {status})"),
    )
}

/// CVE-2021-34473: an address in the query makes the front end cut it out of the path, and what is left goes to any service in the
/// server's name.
fn forged_by_autodiscover(request: &Request<'_>) -> Option<Answer> {
    let path = request.path.to_ascii_lowercase();
    if !path.contains("autodiscover.json") {
        return None;
    }
    let query = unescape(&format!("{path}?{}", request.query.to_ascii_lowercase()));
    let behind = query.split_once("autodiscover.json")?.1;
    let at = behind.find('@')?;
    let behind = &behind[at..];
    let status = request.status;
    let answered = matches!(status, 200..=399);
    let chain = Chain::ProxyShell;
    let services = [
        "/powershell",
        "/ews/",
        "/mapi/nspi",
        "/mapi/",
        "/autodiscover/",
        "/ecp/",
        "/owa/",
        "/oab/",
    ];
    // `Email=autodiscover/autodiscover.json` stands in all of them, behind the service that is meant.
    let (_, service) = services
        .iter()
        .filter_map(|service| Some((behind.find(service)?, *service)))
        .min_by_key(|(place, _)| *place)?;
    match service {
        "/powershell" if answered => Answer::new(
            chain,
            Rung::Session,
            Grade::Success,
            format!("opened remote PowerShell in the server's name (status {status})"),
        ),
        "/powershell" => Answer::new(
            chain,
            Rung::RequestForged,
            Grade::Attempt,
            format!("asked for remote PowerShell in the server's name (status {status})"),
        ),
        "/ews/" => {
            let grade = if answered {
                Grade::Success
            } else {
                Grade::Attempt
            };
            Answer::new(
                chain,
                Rung::MailboxAccess,
                grade,
                format!(
                    "asked Exchange Web Services in the server's name, which may read any mail (status {status})"
                ),
            )
        }
        "/mapi/nspi" => Answer::new(
            chain,
            Rung::Probe,
            Grade::Scan,
            format!("looked whether the server passes requests on (status {status})"),
        ),
        "/mapi/" => Answer::new(
            chain,
            Rung::RequestForged,
            Grade::Attempt,
            format!("asked MAPI in the server's name for the identity of a user (status {status})"),
        ),
        "/autodiscover/" => Answer::new(
            chain,
            Rung::RequestForged,
            Grade::Attempt,
            format!(
                "asked autodiscover in the server's name for the identity of a mailbox (status {status})"
            ),
        ),
        _ => Answer::new(
            chain,
            Rung::RequestForged,
            Grade::Attempt,
            format!(
                "had the server send a request of the caller's in its own name (status {status})"
            ),
        ),
    }
}

/// The back end sees the path that the front end was made to build: `]:444/ecp/...`, `]@server:444/...`.
fn forged_path(request: &Request<'_>) -> Option<Answer> {
    let whole = format!("{}?{}", request.path, request.query).to_ascii_lowercase();
    let whole = unescape(&whole);
    let is_built = whole.contains("]:444/") || (whole.contains("]@") && whole.contains(":444/"));
    if !is_built {
        return None;
    }
    let grade = if request.status == 241 {
        Grade::Success
    } else {
        Grade::Attempt
    };
    let rung = if request.status == 241 {
        Rung::Session
    } else {
        Rung::RequestForged
    };
    Answer::new(
        Chain::ProxyLogon,
        rung,
        grade,
        format!(
            "reached the back end on a path that the front end was made to build (status {})",
            request.status
        ),
    )
}

/// Pages that Microsoft puts where intruders like to put theirs.
const GENUINE_OWA_AUTH: [&str; 14] = [
    "logon.aspx",
    "logoff.aspx",
    "expiredpassword.aspx",
    "errorfe.aspx",
    "error.aspx",
    "error2.aspx",
    "redirsuiteserviceproxy.aspx",
    "signout.aspx",
    "outlookcn.aspx",
    "frowny.aspx",
    "svmfeedback.aspx",
    "timeoutlogout.aspx",
    "casredirect.aspx",
    "getidtoken.aspx",
];

/// Whether a page lies where Exchange has none, by the path with which it is called.
pub(crate) fn is_planted_url(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    if !place::is_page(&path) {
        return false;
    }
    let name = place::name(&path);
    let below = |folder: &str| path.strip_prefix(folder);
    if let Some(rest) = below("/owa/auth/") {
        return rest.contains('/') || !GENUINE_OWA_AUTH.contains(&rest);
    }
    if below("/ecp/auth/").is_some() {
        return name != "timeoutlogout.aspx";
    }
    if below("/aspnet_client/").is_some() {
        return true;
    }
    let is_aspx = path.ends_with(".aspx") || path.ends_with(".ashx") || path.ends_with(".asp");
    is_aspx
        && [
            "/oab/",
            "/autodiscover/",
            "/ews/",
            "/rpc/",
            "/powershell/",
            "/mapi/",
            "/microsoft-server-activesync/",
        ]
        .iter()
        .any(|folder| below(folder).is_some())
}

/// A page that is not Microsoft's was called.
fn planted_page(request: &Request<'_>) -> Option<Answer> {
    if !is_planted_url(&request.path) {
        return None;
    }
    let name = place::name(&request.path);
    let status = request.status;
    match status {
        // 500: the page ran and failed, as they do when the parameter is missing.
        200..=299 | 500 => {
            let grade = if request.method.eq_ignore_ascii_case("POST") || status == 200 {
                Grade::Success
            } else {
                Grade::Attempt
            };
            let mut answer = Answer::new(
                Chain::Unknown,
                Rung::PageCalled,
                grade,
                format!(
                    "called {}, which Exchange does not have (status {status})",
                    request.path
                ),
            )?;
            answer.markers.push(name);
            Some(answer)
        }
        404 | 403 if super::indicators::is_known_page(&name) => Answer::new(
            Chain::Unknown,
            Rung::Probe,
            Grade::Scan,
            format!(
                "looked for {}, a name that intruders used (status {status})",
                request.path
            ),
        ),
        _ => None,
    }
}

/// IIS does not log cookies: what is left of ProxyLogon there is a POST, without a user, to a file that only is read.
fn static_file_posted_to(request: &Request<'_>) -> Option<Answer> {
    if !request.method.eq_ignore_ascii_case("POST") || !request.anchor.is_empty() {
        return None;
    }
    let path = request.path.to_ascii_lowercase();
    let is_static = [
        ".js", ".css", ".flt", ".gif", ".png", ".svg", ".ico", ".skin", ".eot", ".ttf",
    ]
    .iter()
    .any(|ending| path.ends_with(ending));
    let is_there = path.starts_with("/ecp/")
        || path.starts_with("/owa/auth/")
        || path.starts_with("/owa/")
        || path.starts_with("/oab/");
    if !is_static || !is_there {
        return None;
    }
    let is_anonymous = request.user.is_empty() || request.user == "-";
    let status = request.status;
    if status == 241 {
        return Answer::new(
            Chain::ProxyLogon,
            Rung::Session,
            Grade::Success,
            format!(
                "a POST to {} made a session of the control panel (status 241)",
                request.path
            ),
        );
    }
    is_anonymous.then_some(())?;
    Answer::new(
        Chain::ProxyLogon,
        Rung::RequestForged,
        Grade::Attempt,
        format!(
            "sent a POST to {}, a file that is only read (status {status})",
            request.path
        ),
    )
}

/// `%3F`, `%40`, `%2F` and the like, twice, since they are written that way.
fn unescape(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let once = |text: &str| {
        let octets = text.as_bytes();
        let mut plain = Vec::with_capacity(octets.len());
        let mut at = 0;
        while at < octets.len() {
            let hex = octets.get(at + 1..at + 3).filter(|_| octets[at] == b'%');
            let value = hex
                .and_then(|hex| std::str::from_utf8(hex).ok())
                .and_then(|hex| u8::from_str_radix(hex, 16).ok());
            match value {
                Some(value) => {
                    plain.push(value.to_ascii_lowercase());
                    at += 3;
                }
                None => {
                    plain.push(octets[at]);
                    at += 1;
                }
            }
        }
        String::from_utf8_lossy(&plain).into_owned()
    };
    once(&once(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(request: &Request<'_>) -> Option<(Chain, Rung, Grade)> {
        let mut collected = Collected::default();
        ask(
            request,
            || Citation {
                file: String::new(),
                line: 1,
                text: String::new(),
            },
            &mut collected,
        );
        collected
            .traces
            .first()
            .map(|trace| (trace.chain, trace.rung, trace.grade))
    }

    fn anchored(anchor: &str, status: u16) -> Option<(Rung, Grade)> {
        let request = Request {
            anchor: anchor.into(),
            status,
            path: "/ecp/y.js".into(),
            method: "POST".into(),
            ..Request::default()
        };
        answer(&request).map(|(_, rung, grade)| (rung, grade))
    }

    fn asked(path: &str, query: &str, status: u16) -> Option<(Chain, Rung, Grade)> {
        answer(&Request {
            path: path.into(),
            query: query.into(),
            status,
            method: "GET".into(),
            ..Request::default()
        })
    }

    #[test]
    fn the_anchor_tells_each_rung_of_proxylogon() {
        let cases = [
            (
                "ServerInfo~localhost/ecp/default.flt?~3",
                200,
                Some((Rung::Probe, Grade::Scan)),
            ),
            (
                "ServerInfo~localhost~1942062522/autodiscover/x",
                500,
                Some((Rung::Probe, Grade::Scan)),
            ),
            (
                "ServerInfo~a]@mail:444/autodiscover/autodiscover.xml?#",
                200,
                Some((Rung::RequestForged, Grade::Attempt)),
            ),
            (
                "ServerInfo~a]@mail:444/mapi/emsmdb?#",
                200,
                Some((Rung::RequestForged, Grade::Attempt)),
            ),
            (
                "ServerInfo~a]@mail:444/ecp/proxyLogon.ecp?#",
                241,
                Some((Rung::Session, Grade::Success)),
            ),
            (
                "ServerInfo~a]@mail:444/ecp/proxyLogon.ecp?#",
                500,
                Some((Rung::Session, Grade::Attempt)),
            ),
            (
                "ServerInfo~a]@mail:444/ecp/DDI/DDIService.svc/SetObject?schema=OABVirtualDirectory#",
                200,
                Some((Rung::DirectorySet, Grade::Success)),
            ),
            (
                "ServerInfo~a]@mail:444/ecp/DDI/DDIService.svc/SetObject?schema=ResetOABVirtualDirectory#",
                200,
                Some((Rung::FileWritten, Grade::Success)),
            ),
            (
                "ServerInfo~a]@mail:444/EWS/Exchange.asmx?#",
                200,
                Some((Rung::MailboxAccess, Grade::Success)),
            ),
            ("ServerInfo~mail.example.org", 200, None),
            ("Sid~S-1-5-21", 200, None),
        ];
        for (anchor, status, expected) in cases {
            let found = anchored(anchor, status);
            // Without a slash nothing is forged by the anchor; the POST to a script is another matter.
            assert_eq!(found.filter(|_| expected.is_some()), expected, "{anchor}");
        }
    }

    #[test]
    fn the_query_tells_each_rung_of_proxyshell() {
        let path = "/autodiscover/autodiscover.json";
        let cases = [
            (
                "@evil.example/mapi/nspi/?&Email=autodiscover/autodiscover.json%3F@evil.example",
                200,
                Rung::Probe,
                Grade::Scan,
            ),
            (
                "@evil.example/autodiscover/autodiscover.xml?&Email=autodiscover/autodiscover.json%3F@evil.example",
                200,
                Rung::RequestForged,
                Grade::Attempt,
            ),
            (
                "a=x@evil.example/powershell/?X-Rps-CAT=VgEA&Email=autodiscover/autodiscover.json%3F@evil.example",
                200,
                Rung::Session,
                Grade::Success,
            ),
            (
                "a=x%40evil.example%2Fpowershell/?X-Rps-CAT=VgEA",
                401,
                Rung::RequestForged,
                Grade::Attempt,
            ),
            (
                "@evil.example/EWS/exchange.asmx?&Email=autodiscover/autodiscover.json%3F@evil.example",
                200,
                Rung::MailboxAccess,
                Grade::Success,
            ),
        ];
        for (query, status, rung, grade) in cases {
            assert_eq!(
                asked(path, query, status),
                Some((Chain::ProxyShell, rung, grade)),
                "{query}"
            );
        }
        assert_eq!(
            asked(path, "Email=anna@example.org&Protocol=ActiveSync", 200),
            None,
            "what phones ask"
        );
        assert_eq!(
            asked(path, "Protocol=Autodiscoverv1&RedirectCount=1", 200),
            None
        );
    }

    #[test]
    fn pages_that_exchange_does_not_have_are_noticed() {
        let called =
            |path: &str, status| asked(path, "", status).map(|(_, rung, grade)| (rung, grade));
        assert_eq!(
            called("/aspnet_client/supp0rt.aspx", 200),
            Some((Rung::PageCalled, Grade::Success))
        );
        assert_eq!(
            called("/owa/auth/OutlookZH.aspx", 200),
            Some((Rung::PageCalled, Grade::Success))
        );
        assert_eq!(called("/owa/auth/logon.aspx", 200), None);
        assert_eq!(called("/owa/auth/errorFE.aspx", 500), None);
        assert_eq!(called("/ecp/default.aspx", 200), None);
        assert_eq!(called("/ews/exchange.asmx", 200), None);
        assert_eq!(called("/aspnet_client/other.aspx", 404), None);
    }

    #[test]
    fn a_post_to_a_script_is_an_attempt() {
        let request = Request {
            path: "/ecp/y.js".into(),
            method: "POST".into(),
            status: 500,
            ..Request::default()
        };
        assert_eq!(
            answer(&request),
            Some((Chain::ProxyLogon, Rung::RequestForged, Grade::Attempt))
        );
        let signed_in = Request {
            user: "D\\anna".into(),
            ..request.clone()
        };
        assert_eq!(answer(&signed_in), None);
        let session = Request {
            status: 241,
            user: "D\\anna".into(),
            ..request
        };
        assert_eq!(
            answer(&session),
            Some((Chain::ProxyLogon, Rung::Session, Grade::Success))
        );
    }
}
