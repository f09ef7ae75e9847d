//! Listeners: which services there are, where they listen, and what connections to them are like.

use std::net::SocketAddr;

use admin::ListenerInfo;
use listen::{ConnectionLimits, Gate, Listener, Security, Service, SetupError, SocketMode};

use super::Served;
use crate::config::Config;
use crate::config::listeners::{Address, Addresses};
use crate::problem::Problem;

/// Linux: the address family is not supported, as where IPv6 is switched off.
const EAFNOSUPPORT: i32 = 97;
/// Linux: the address is not there.
const EADDRNOTAVAIL: i32 = 99;
/// Connections to the admin socket: commands of one machine's administrators.
const ADMIN_CONNECTIONS_MAX: usize = 32;

/// A service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Mx,
    Submission,
    Submissions,
    Lmtp,
    Imap,
    Imaps,
    /// Filters.
    ManageSieve,
    /// Calendars, contacts and files over plain HTTP: for programs on this machine.
    Http,
    /// The same over TLS.
    Https,
    /// Commands, over the socket in the data folder.
    Admin,
    /// Metrics and health, over HTTP.
    Monitoring,
    /// Administrators' browsers.
    Administration,
    /// The same without TLS: from this machine alone.
    AdministrationHttp,
    /// The tree of our journal, and cosignatures for other logs.
    Tlog,
    /// The same without TLS.
    TlogHttp,
}

impl Kind {
    /// As the configuration and the metrics call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Mx => "mx",
            Self::Submission => "submission",
            Self::Submissions => "submissions",
            Self::Lmtp => "lmtp",
            Self::Imap => "imap",
            Self::Imaps => "imaps",
            Self::ManageSieve => "managesieve",
            Self::Http => "http",
            Self::Https => "https",
            Self::Admin => "admin",
            Self::Monitoring => "monitoring",
            Self::Tlog => "tlog",
            Self::TlogHttp => "tlog_http",
            Self::Administration => "administration",
            Self::AdministrationHttp => "administration_http",
        }
    }

    fn is_tls_from_the_start(self) -> bool {
        matches!(
            self,
            Self::Submissions | Self::Imaps | Self::Https | Self::Administration | Self::Tlog
        )
    }

    fn may_start_tls(self) -> bool {
        matches!(
            self,
            Self::Mx | Self::Submission | Self::Lmtp | Self::Imap | Self::ManageSieve
        )
    }

    /// What a client beyond the limits is told.
    fn refusal(self) -> &'static [u8] {
        match self {
            // RFC 5321 3.8: 421 before the connection is closed.
            Self::Mx | Self::Submission | Self::Submissions | Self::Lmtp => {
                b"421 4.3.2 Too many connections, try again later\r\n"
            }
            // RFC 9051 7.1.5: BYE as the greeting says that the connection is not accepted.
            Self::Imap | Self::Imaps => b"* BYE Too many connections, try again later\r\n",
            // RFC 5804 1.2: BYE in the place of the greeting.
            Self::ManageSieve => b"BYE (TRYLATER) \"Too many connections, try again later\"\r\n",
            // RFC 9110 15.6.4.
            Self::Http
            | Self::Https
            | Self::Administration
            | Self::AdministrationHttp
            | Self::Tlog
            | Self::TlogHttp => {
                b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 30\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            }
            Self::Admin | Self::Monitoring => b"",
        }
    }
}

/// A service at one of its places.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) kind: Kind,
    pub(crate) listener: Listener,
}

/// Binds every place that is configured.
pub(crate) fn bind(config: &Config) -> Result<Vec<Bound>, Problem> {
    let listen = &config.listen;
    let services: [(Kind, &Addresses); 14] = [
        (Kind::Mx, &listen.mx),
        (Kind::Submission, &listen.submission),
        (Kind::Submissions, &listen.submissions),
        (Kind::Lmtp, &listen.lmtp),
        (Kind::Imap, &listen.imap),
        (Kind::Imaps, &listen.imaps),
        (Kind::ManageSieve, &listen.managesieve),
        (Kind::Http, &listen.http),
        (Kind::Https, &listen.https),
        (Kind::Monitoring, &listen.admin),
        (Kind::Administration, &listen.administration),
        (Kind::AdministrationHttp, &listen.administration_http),
        (Kind::Tlog, &listen.tlog),
        (Kind::TlogHttp, &listen.tlog_http),
    ];
    let mut bound = Vec::new();
    for (kind, addresses) in services {
        for address in &addresses.0 {
            match bind_one(address) {
                Ok(listener) => bound.push(Bound { kind, listener }),
                Err(error) if is_missing_ipv6(address, &error) => {
                    tracing::info!(
                        listener = kind.name(),
                        "this machine has no IPv6: not listening there"
                    );
                }
                Err(error) => return Err(describe_failure(kind, address, &error)),
            }
        }
    }
    let listener = Listener::unix(&config.admin_socket(), SocketMode::Owner)?;
    bound.push(Bound {
        kind: Kind::Admin,
        listener,
    });
    Ok(bound)
}

fn bind_one(address: &Address) -> Result<Listener, SetupError> {
    match address {
        Address::Ip(address) => Listener::tcp(*address),
        Address::Unix(path) => Listener::unix(path, SocketMode::Group),
    }
}

/// `[::]` stands in the defaults, and must not keep a server from starting that has only IPv4.
fn is_missing_ipv6(address: &Address, error: &SetupError) -> bool {
    let any_ipv6 = matches!(address, Address::Ip(SocketAddr::V6(v6)) if v6.ip().is_unspecified());
    match error {
        SetupError::Bind { why, .. } => {
            any_ipv6 && matches!(why.raw_os_error(), Some(EAFNOSUPPORT | EADDRNOTAVAIL))
        }
        _ => false,
    }
}

fn describe_failure(kind: Kind, address: &Address, error: &SetupError) -> Problem {
    let name = kind.name();
    let key = if kind == Kind::Monitoring {
        "admin"
    } else {
        name
    };
    let below_1024 = matches!(address, Address::Ip(ip) if ip.port() < 1024);
    let denied = matches!(error, SetupError::Bind { why, .. } if why.kind() == std::io::ErrorKind::PermissionDenied);
    let advice = if denied && below_1024 {
        "ports below 1024 need the capability CAP_NET_BIND_SERVICE, or to be started by a service manager that gives it"
    } else {
        "stop what listens there, or change the address in the configuration"
    };
    Problem::failed(format!("`listen.{key}`: {error}; {advice}"))
}

/// Where everything listens.
pub(crate) fn describe(bound: &[Bound]) -> Vec<ListenerInfo> {
    bound
        .iter()
        .map(|Bound { kind, listener }| ListenerInfo {
            service: kind.name().to_owned(),
            address: listener.local_address().to_string(),
        })
        .collect()
}

/// How many may be inside.
pub(crate) fn limits(config: &Config) -> ConnectionLimits {
    ConnectionLimits {
        total: config.limits.connections,
        per_address: config.limits.connections_per_address,
        ..ConnectionLimits::default()
    }
}

/// What a listener of this kind is served with.
pub(crate) fn service(kind: Kind, served: &Served<'_>) -> Result<Service, Problem> {
    let gate = match kind {
        // Neither may be kept out by too many mail clients.
        Kind::Admin | Kind::Monitoring | Kind::Administration | Kind::AdministrationHttp => {
            Gate::new(ConnectionLimits {
                total: ADMIN_CONNECTIONS_MAX,
                ..ConnectionLimits::default()
            })
        }
        Kind::Mx
        | Kind::Submission
        | Kind::Submissions
        | Kind::Lmtp
        | Kind::Imap
        | Kind::Imaps
        | Kind::ManageSieve
        | Kind::Http
        | Kind::Https
        | Kind::Tlog
        | Kind::TlogHttp => served.gate.clone(),
    };
    let security = match &served.tls {
        Some(tls) if kind.is_tls_from_the_start() => Security::Implicit(tls.clone()),
        Some(tls) if kind.may_start_tls() => Security::StartTls(tls.clone()),
        None if kind.is_tls_from_the_start() => {
            let message = format!("`listen.{}` needs a certificate", kind.name());
            return Err(Problem::failed(message));
        }
        Some(_) | None => Security::Plain,
    };
    let trusted_proxies = match kind {
        Kind::Admin | Kind::Monitoring => Vec::new(),
        _ => served.config.listen.trusted_proxies.0.clone(),
    };
    Ok(Service {
        security,
        trusted_proxies,
        refusal: kind.refusal(),
        ..Service::new(kind.name(), gate)
    })
}
