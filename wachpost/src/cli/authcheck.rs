//! `wachpost authcheck`.
//!
//! Needs no configuration and no server: it asks the DNS itself.

use std::fs::{self, File};
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use authenticity::{Arrival, Smtp, Verdict, authenticate, authentication_results, resolver_at};
use clap::Args;
use serde::Serialize;

use crate::clock::wall_clock;
use crate::problem::Problem;
use crate::{runtime, show};

/// Octets of a message that is read.
const MESSAGE_OCTETS_MAX: u64 = 256 << 20;
/// Where systems say which DNS server to ask.
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// Octets of that file.
const RESOLV_CONF_OCTETS_MAX: u64 = 65_536;
/// How long one question may take before it is asked again, or given up.
const QUESTION_TIMEOUT: Duration = Duration::from_secs(3);
/// RFC 7208 4.6.4: checks should give up after 20 seconds at the earliest. DKIM and ARC ask as well.
const CHECK_TIMEOUT: Duration = Duration::from_secs(60);

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    wachpost authcheck --ip 192.0.2.1 --helo mx.example.org --mail-from anna@example.org message.eml\n\n\
    Prints the results of SPF, iprev, DKIM, DMARC and ARC as JSON, each with its `result`, and the header field that the\n\
    server would write. Ends with 0 whatever the results are, and with 1 when the message cannot be read.")]
pub(crate) struct Authcheck {
    /// The client's address.
    #[arg(long, value_name = "ADDRESS")]
    ip: IpAddr,
    /// The name that the client gave with EHLO or HELO.
    #[arg(long, value_name = "NAME")]
    helo: String,
    /// The address of MAIL FROM; empty for a notification.
    #[arg(long, value_name = "ADDRESS", allow_hyphen_values = true)]
    mail_from: String,
    /// The DNS server to ask; by default the first that the system names.
    #[arg(long, value_name = "ADDRESS[:PORT]", value_parser = name_server)]
    dns: Option<SocketAddr>,
    /// Our own name, for the header field.
    #[arg(long, value_name = "NAME", default_value = "localhost")]
    host: String,
    /// The moment to check for, in seconds since 1970; now by default.
    #[arg(long, value_name = "SECONDS")]
    now: Option<u64>,
    /// The message as it was received; `-` for standard input.
    message: PathBuf,
}

/// What is printed.
#[derive(Serialize)]
struct Answer {
    #[serde(flatten)]
    verdict: Verdict,
    authentication_results: String,
}

impl Authcheck {
    pub(crate) fn run(self) -> Result<(), Problem> {
        let message = with_line_ends(&read_message(&self.message)?);
        let server = match self.dns {
            Some(server) => server,
            None => system_name_server()?,
        };
        let now = self
            .now
            .unwrap_or_else(|| u64::try_from(wall_clock().now().0).unwrap_or(0) / 1_000);
        let reverse_path = self.mail_from.trim();
        let reverse_path = reverse_path
            .strip_prefix('<')
            .and_then(|path| path.strip_suffix('>'))
            .unwrap_or(reverse_path);
        let arrival = Arrival {
            ip: self.ip,
            helo: &self.helo,
            reverse_path,
            message: &message,
            now,
            host: &self.host,
        };
        let verdict = runtime::build()?.block_on(async {
            let resolver = resolver_at(server, QUESTION_TIMEOUT)
                .map_err(|error| Problem::failed(format!("cannot ask the DNS: {error}")))?;
            let check = Box::pin(authenticate(&resolver, &arrival));
            let in_time = tokio::time::timeout(CHECK_TIMEOUT, check).await;
            Ok::<_, Problem>(in_time.unwrap_or_else(|_| Verdict::unavailable(&arrival)))
        })?;
        let smtp = Smtp {
            ip: self.ip,
            helo: &self.helo,
            reverse_path,
        };
        let authentication_results = authentication_results(&verdict, &self.host, &smtp);
        show::json(&Answer {
            verdict,
            authentication_results,
        });
        Ok(())
    }
}

/// The octets of a file, or of standard input for `-`.
pub(super) fn read_message(path: &Path) -> Result<Vec<u8>, Problem> {
    let wrong = |error: io::Error| Problem::file("read", path, &error);
    let mut octets = Vec::new();
    let mut source: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).map_err(wrong)?)
    };
    let limit = MESSAGE_OCTETS_MAX + 1;
    (&mut source)
        .take(limit)
        .read_to_end(&mut octets)
        .map_err(wrong)?;
    if octets.len() as u64 > MESSAGE_OCTETS_MAX {
        return Err(Problem::failed(
            "the message is larger than any that is received",
        ));
    }
    Ok(octets)
}

/// RFC 5321 2.3.8: on the wire lines end with CR LF; files of Unix leave the CR out, all of them or those that were added later.
pub(super) fn with_line_ends(message: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(message.len() + message.len() / 32);
    let mut last = 0;
    for octet in message {
        if *octet == b'\n' && last != b'\r' {
            whole.push(b'\r');
        }
        whole.push(*octet);
        last = *octet;
    }
    whole
}

/// For clap: an address with or without a port.
fn name_server(text: &str) -> Result<SocketAddr, String> {
    let address = text.parse::<SocketAddr>();
    let address = address.or_else(|_| text.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 53)));
    address.map_err(|_| {
        "write an address such as `192.0.2.53`, `127.0.0.1:5353` or `[::1]:5353`".to_owned()
    })
}

/// The first server of the system's configuration.
fn system_name_server() -> Result<SocketAddr, Problem> {
    let path = Path::new(RESOLV_CONF);
    let size = fs::metadata(path).map_or(0, |found| found.len());
    let text = if size <= RESOLV_CONF_OCTETS_MAX {
        fs::read_to_string(path).unwrap_or_default()
    } else {
        String::new()
    };
    let mut servers = text.lines().filter_map(|line| {
        let mut words = line.split_ascii_whitespace();
        let ip = words
            .next()
            .filter(|word| *word == "nameserver")
            .and(words.next())?;
        Some(SocketAddr::new(ip.parse().ok()?, 53))
    });
    servers.next().ok_or_else(|| {
        Problem::failed(format!(
            "no DNS server is named in `{RESOLV_CONF}`: name one with `--dns`"
        ))
    })
}
