//! Rows: which value of a row is which, in logs of requests and of commands.

use std::borrow::Cow;

use evidence::{Cmdlet, Columns, Field, Moment, pairs};

use crate::assess::collected::Collected;
use crate::assess::mail;
use crate::assess::request::Request;
use crate::assessment::Citation;

/// Where the values stand that are asked for.
#[derive(Clone, Debug, Default)]
pub(super) struct Positions {
    pub(super) major: Option<usize>,
    pub(super) server: Option<usize>,
    pub(super) client: Option<usize>,
    pub(super) protocol: Option<usize>,
    time: Option<usize>,
    date: Option<usize>,
    pub(super) request: Option<usize>,
    path: Option<usize>,
    pub(super) query: Option<usize>,
    anchor: Option<usize>,
    agent: Option<usize>,
    status: Option<usize>,
    method: Option<usize>,
    user: Option<usize>,
    generic: Option<usize>,
    cmdlet: Option<usize>,
    parameters: Option<usize>,
    result: Option<usize>,
    action: Option<usize>,
    acts_for: [Option<usize>; 2],
    source: Option<usize>,
    event: Option<usize>,
    recipients: Option<usize>,
    related: Option<usize>,
    sender: Option<usize>,
    original: Option<usize>,
}

impl Positions {
    pub(super) fn of(columns: &Columns) -> Self {
        let first = |names: &[&str]| columns.first_of(names);
        Self {
            major: first(&["MajorVersion"]),
            server: first(&[
                "ServerHostName",
                "ServerName",
                "server-hostname",
                "s-computername",
            ]),
            client: first(&["ClientIpAddress", "c-ip"]),
            protocol: first(&["Protocol"]),
            time: first(&["time"]),
            date: first(&["DateTime", "date"]),
            request: first(&["RequestId"]),
            path: first(&["UrlStem", "cs-uri-stem"]),
            query: first(&["UrlQuery", "cs-uri-query"]),
            anchor: first(&["AnchorMailbox"]),
            agent: first(&["UserAgent", "cs(User-Agent)"]),
            status: first(&["HttpStatus", "sc-status"]),
            method: first(&["Method", "cs-method"]),
            user: first(&["AuthenticatedUser", "cs-username"]),
            generic: first(&["GenericInfo"]),
            cmdlet: first(&["Cmdlet"]),
            parameters: first(&["Parameters"]),
            result: first(&["ExecutionResult", "ErrorType"]),
            action: first(&["SoapAction"]),
            acts_for: [first(&["ImpersonatedUser"]), first(&["ActAsUser"])],
            source: first(&["source"]),
            event: first(&["event-id"]),
            recipients: first(&["recipient-address"]),
            related: first(&["related-recipient-address"]),
            sender: first(&["sender-address"]),
            original: first(&["original-client-ip"]),
        }
    }

    /// A row of an HttpProxy log.
    pub(super) fn http_proxy<'r>(&self, fields: &[Field<'r>]) -> Request<'r> {
        let generic = text(fields, self.generic);
        let correlation = pairs_value(&generic, "CorrelationID");
        let requests = [text(fields, self.request).into_owned(), correlation];
        Request {
            at: self
                .date
                .and_then(|at| fields.get(at))
                .and_then(|field| Moment::parse_octets(field.raw())),
            method: text(fields, self.method),
            path: text(fields, self.path),
            query: text(fields, self.query),
            status: number(fields, self.status),
            anchor: text(fields, self.anchor),
            address: text(fields, self.client),
            agent: text(fields, self.agent),
            user: text(fields, self.user),
            requests: requests.into_iter().filter(|id| is_id(id)).collect(),
        }
    }

    /// A row of IIS.
    // W3C Extended Log File Format 3: a value that is absent is `-`; IIS writes blanks as `+`.
    pub(super) fn iis<'r>(&self, fields: &[Field<'r>]) -> Request<'r> {
        let plain = |at| match text(fields, at) {
            value if value == "-" => Cow::Borrowed(""),
            value => value,
        };
        let date = text(fields, self.date);
        let time = text(fields, self.time);
        let query = plain(self.query);
        let ids = ["cafeReqId", "CorrelationID", "ActID"].map(|name| query_value(&query, name));
        Request {
            at: Moment::parse(&format!("{date} {time}")),
            method: plain(self.method),
            path: plain(self.path),
            query,
            status: number(fields, self.status),
            anchor: Cow::Borrowed(""),
            address: plain(self.client),
            agent: Cow::Owned(plain(self.agent).replace('+', " ")),
            user: plain(self.user),
            requests: ids.into_iter().filter(|id| is_id(id)).collect(),
        }
    }

    /// Puts a row of a log of Exchange Web Services to the questions.
    pub(super) fn ask_ews(
        &self,
        fields: &[Field<'_>],
        cites: impl FnOnce() -> Citation,
        to: &mut Collected,
    ) {
        let value = |at| text(fields, at);
        let (user, address, action) = (value(self.user), value(self.client), value(self.action));
        let (agent, request) = (value(self.agent), value(self.request));
        let acts_for = self.acts_for.map(|at| text(fields, at));
        let acts_for = acts_for.iter().find(|name| !name.is_empty());
        let asked = mail::Asked {
            at: self
                .date
                .and_then(|at| fields.get(at))
                .and_then(|field| Moment::parse_octets(field.raw())),
            address: &address,
            user: &user,
            acts_for: acts_for.map_or("", |name| name),
            action: &action,
            status: number(fields, self.status),
            agent: &agent,
            request: if is_id(&request) { &request } else { "" },
        };
        mail::ask(&asked, cites, to);
    }

    /// Puts a row of a message tracking log to the questions.
    pub(super) fn ask_tracking(
        &self,
        fields: &[Field<'_>],
        at: Option<Moment>,
        cites: impl Fn() -> Citation,
        to: &mut Collected,
    ) {
        let value = |at| text(fields, at);
        let tracked = mail::Tracked {
            at,
            source: &value(self.source),
            event: &value(self.event),
            recipients: &value(self.recipients),
            related: &value(self.related),
            sender: &value(self.sender),
            address: &value(self.original),
        };
        mail::track(&tracked, cites, to);
    }

    /// A row of a log of commands: the command, who ran it, the request, whether it went well, and when.
    pub(super) fn command(
        &self,
        fields: &[Field<'_>],
    ) -> Option<(Cmdlet, String, String, bool, Option<Moment>)> {
        let name = text(fields, self.cmdlet);
        if name.is_empty() {
            return None;
        }
        let cmdlet = Cmdlet::with_parameters(&name, &text(fields, self.parameters));
        let at = self
            .date
            .and_then(|at| fields.get(at))
            .and_then(|field| Moment::parse_octets(field.raw()));
        let result = text(fields, self.result);
        let succeeded = result.is_empty() || result.eq_ignore_ascii_case("Success");
        let request = text(fields, self.request).into_owned();
        Some((
            cmdlet,
            text(fields, self.user).into_owned(),
            request,
            succeeded,
            at,
        ))
    }
}

fn text<'r>(fields: &[Field<'r>], at: Option<usize>) -> Cow<'r, str> {
    at.and_then(|at| fields.get(at))
        .map_or(Cow::Borrowed(""), |field| field.text())
}

fn number(fields: &[Field<'_>], at: Option<usize>) -> u16 {
    text(fields, at).trim().parse().unwrap_or(0)
}

fn pairs_value(text: &str, name: &str) -> String {
    let value = pairs::value(text, name).unwrap_or_default();
    value.split(';').next().unwrap_or_default().to_owned()
}

/// `&cafeReqId=5e58f5e5-...;`
fn query_value(query: &str, name: &str) -> String {
    let Some(at) = query.find(name) else {
        return String::new();
    };
    let value = query[at + name.len()..].trim_start_matches('=');
    value
        .split([';', '&', ',', ' '])
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Whether a text is the id of a request, and not `<empty>`.
fn is_id(text: &str) -> bool {
    text.len() >= 32
        && text
            .bytes()
            .all(|octet| octet.is_ascii_hexdigit() || octet == b'-')
}
