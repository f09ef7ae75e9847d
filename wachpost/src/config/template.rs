//! The configuration file that `init` writes: every key with its meaning.

use std::fmt;
use std::path::Path;

/// What of it is not the same everywhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Template<'a> {
    pub(crate) data: &'a Path,
    pub(crate) hostname: &'a str,
    pub(crate) chain: &'a Path,
    pub(crate) key: &'a Path,
    /// For trying out: listen on 127.0.0.1 only, each service on its standard port plus this.
    pub(crate) loopback_port_base: Option<u16>,
    /// Whether programs on this machine may sign in without TLS.
    pub(crate) plaintext_on_loopback: bool,
}

impl Template<'_> {
    fn listen(&self, f: &mut fmt::Formatter<'_>, name: &str, port: u16) -> fmt::Result {
        match self.loopback_port_base {
            Some(base) => writeln!(f, "{name} = [\"127.0.0.1:{}\"]", base.saturating_add(port)),
            None => writeln!(f, "{name} = [\"0.0.0.0:{port}\", \"[::]:{port}\"]"),
        }
    }
}

impl fmt::Display for Template<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |path: &Path| toml::Value::String(path.display().to_string()).to_string();
        writeln!(
            f,
            "# Wachpost. Commented lines show the defaults; sizes are written like \"50 MiB\"."
        )?;
        writeln!(
            f,
            "# Certificates are read again on SIGHUP, everything else at the next start.\n"
        )?;
        writeln!(f, "data = {}", quoted(self.data))?;
        writeln!(
            f,
            "# The server's name: in greetings and `Received` fields; should be what its address resolves to."
        )?;
        writeln!(f, "hostname = \"{}\"", self.hostname)?;
        f.write_str(GENERAL)?;
        let allow = "allow_plaintext_sign_in_on_loopback";
        match self.plaintext_on_loopback {
            true => writeln!(f, "{allow} = true")?,
            false => writeln!(f, "#{allow} = false")?,
        }
        f.write_str(LISTEN)?;
        self.listen(f, "mx", 25)?;
        self.listen(f, "submission", 587)?;
        self.listen(f, "submissions", 465)?;
        self.listen(f, "imap", 143)?;
        self.listen(f, "imaps", 993)?;
        f.write_str(MANAGESIEVE)?;
        self.listen(f, "managesieve", 4190)?;
        f.write_str(DAV)?;
        self.listen(f, "https", 443)?;
        match self.loopback_port_base {
            Some(base) => {
                writeln!(f, "lmtp = [\"127.0.0.1:{}\"]", base.saturating_add(24))?;
                writeln!(f, "http = [\"127.0.0.1:{}\"]", base.saturating_add(81))?;
                writeln!(f, "admin = [\"127.0.0.1:{}\"]", base.saturating_add(80))?;
                f.write_str(ADMINISTRATION)?;
                self.listen(f, "administration", 444)?;
                self.listen(f, "administration_http", 82)?;
            }
            None => {
                f.write_str(LOCAL)?;
                f.write_str(ADMINISTRATION)?;
                writeln!(f, "administration = [\"127.0.0.1:8444\"]")?;
            }
        }
        writeln!(f, "{PROXIES}")?;
        writeln!(
            f,
            "# The first is for clients that name no server, or one that has none of its own."
        )?;
        writeln!(f, "[[tls.certificates]]")?;
        writeln!(f, "chain = {}", quoted(self.chain))?;
        writeln!(f, "key = {}", quoted(self.key))?;
        f.write_str(REST)
    }
}

const GENERAL: &str = r#"# The key that signs checkpoints of the journal: keep a copy of this file elsewhere.
#notary_key = "notary.key"
# Where the notary remembers what it signed last; the server's user must be able to write there.
#notary_memory = "notary.last"
# Refuse to run where the kernel cannot lock the processes in: see `wachpost posture`.
#require_sandbox = false
# How long destroyed messages can be restored.
#retention_days = 30
# Only for tests: lets programs on this machine sign in without TLS.
"#;

const LISTEN: &str = r#"
# Lists of "address:port" or "unix:path"; [] turns a service off.
[listen]
"#;

const DAV: &str = "# Calendars, contacts and files (CalDAV, CardDAV, WebDAV).\n";

const LOCAL: &str = r#"# The same without TLS: passwords are taken there only from this machine, and only for tests.
http = []
# Mail from a relay on this machine, if there is one.
lmtp = []
# Metrics for Prometheus and a health check.
admin = ["127.0.0.1:8025"]
"#;

const ADMINISTRATION: &str = "\
# The administration in a browser, for those who administer the server. An address of an internal network makes it reachable\n\
# there; never give it one that everybody can reach. Commands need none of this: they use a socket in the data folder.\n";

const MANAGESIEVE: &str = "# Filters (RFC 5804), with STARTTLS.\n";

const PROXIES: &str = "\
# The tree of the journal for those who watch it, and cosignatures for the logs that we witness; with TLS. Off by default.
#tlog = [\"0.0.0.0:8126\", \"[::]:8126\"]
# Balancers that speak the PROXY protocol to us.\n#trusted_proxies = [\"10.0.0.0/8\"]\n";

const REST: &str = r#"
[limits]
#message_size = "50 MiB"
#connections = 20000
#connections_per_address = 200
# For messages under way and large answers, all connections together.
#memory = "512 MiB"

[smtp]
# anna+shop@example.org is anna@example.org; "" for no tags.
#recipient_delimiter = "+"
#recipients = 1000

[filter]
# Whether people's filters may send mail on to addresses outside; otherwise it is kept.
#redirect_outside = true
# To how many addresses one message.
#redirects = 8
# Whether out-of-office answers go outside.
#answer_outside = true

[egress]
# Name servers to ask; those of the system if none is named.
#resolvers = ["192.0.2.53"]
# Off where the name servers withhold the signatures of DNSSEC.
#dnssec = true
# Private networks that may be connected to, such as a smart host's: all others are refused.
#allowed = ["10.0.0.5:25"]
# Further TCP ports that may be connected to, besides those of mail, names and the web and those that stand elsewhere in this file.
#ports = [8448]
# Addresses to send mail from, where there are several.
#sources = ["192.0.2.1"]

[outgoing]
# Hours until a sender hears of a delay, and until a message comes back.
#warn_after_hours = 4
#give_up_after_hours = 120
# A server that takes all mail for outside.
#[outgoing.smart_host]
#host = "relay.example.net"
#port = 587
# "required", "implicit", "opportunistic" or "none".
#tls = "required"
#user = "example.org"
#password_file = "relay.password"

[reception]
# SPF, DKIM, DMARC and ARC of mail from strangers.
#authenticate = true
# What a domain's DMARC policy leads to: "follow", "junk" or "ignore".
#dmarc = "follow"
# From so many points on a message is junk, and from so many it is refused.
#junk_at = 5
#reject_at = 15
#[[reception.scanners]]
#kind = "rspamd"
#address = "127.0.0.1:11333"
#learn = "127.0.0.1:11334"
#[[reception.scanners]]
#kind = "clamd"
#address = "unix:/run/clamav/clamd.ctl"
#when_down = "defer"

[mta_sts]
# "testing" to begin with, "enforce" once reports show no failure, or "off".
#mode = "testing"
#max_age_days = 14

# A certificate that is issued and renewed by itself.
#[acme]
#contact = "admin@example.org"
#names = ["mail.example.org", "mta-sts.example.org", "autoconfig.example.org"]
# "tls-alpn-01" (port 443), "http-01" (port 80) or "dns-01".
#challenge = "tls-alpn-01"

# Others who cosign our history, so that nobody can rewrite it unseen: see docs/guide/witnesses.md.
[witness]
# The logs that we witness; `[listen]` needs `tlog` for it (with TLS), or `tlog_http` (without).
#logs = []
# How often a new checkpoint is shown to the witnesses, in seconds.
#interval_seconds = 10
# How many of them must have cosigned: "any", "all", or a number.
#quorum = "any"
#[[witness.ask]]
#name = "example-net"
#key = "mail.example.net/witness+1a2b3c4d+BP..."
#url = "https://mail.example.net:8126"

[sign_in]
# Where browsers and programs reach the server, if it is not https:// and the host name.
#url = "https://mail.example.org"
# What people call it.
#name = "Wachpost"
# How long a browser stays signed in, without use and at all.
#session_idle_days = 7
#session_days = 30
# How long a program's access token is good, and how long the program stays signed in without use.
#access_token_minutes = 60
#program_idle_days = 90
# Whether programs may introduce themselves; they can send people only to the same machine or to an app.
#open_registration = true
#[[sign_in.programs]]
#id = "thunderbird"
#name = "Thunderbird"
#redirect_uris = ["https://localhost", "http://localhost/"]
# Another service that says who somebody is (OpenID Connect).
#[sign_in.provider]
#issuer = "https://login.example.net"
#name = "Example"
#client_id = "wachpost"
#client_secret_file = "provider.secret"
# What holds an address of ours; otherwise the verified e-mail address.
#claim = "upn"

[passwords]
#argon2_memory_kib = 19456
#argon2_passes = 2
#argon2_lanes = 1
#scram_iterations = 100000
#characters_min = 8

[log]
# "text" or "json".
#format = "text"
# "error", "warn", "info", "debug" or "trace".
#level = "info"
"#;
