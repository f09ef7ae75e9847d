//! `wachpost dkim`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use admin::{DomainRequest, Reply, Request};
use authenticity::{KeyKind, txt_strings, zone_line};
use clap::{Subcommand, ValueEnum};
use serde::Serialize;

use super::authcheck::{read_message, with_line_ends};
use super::context::{Context, unexpected};
use crate::clock::wall_clock;
use crate::dkim::{KeyFile, Keys, State};
use crate::problem::{Exit, Problem};
use crate::show::{self, Table};

#[derive(Debug, Subcommand)]
pub(crate) enum Dkim {
    /// Make keys for a domain that has none, and print their records for the DNS.
    #[command(after_help = "Example:\n  wachpost dkim generate example.org\n\n\
        The keys sign at once. Publish the records before mail leaves, or receivers cannot check the signatures.")]
    Generate {
        /// The domain.
        domain: String,
        /// Which keys. RSA is known to everybody, Ed25519 is short; both sign side by side.
        #[arg(long, value_enum, default_value = "both")]
        kind: Kind,
    },
    /// List keys, with what they do.
    #[command(
        after_help = "Examples:\n  wachpost dkim list\n  wachpost dkim list example.org --dns"
    )]
    List {
        /// The domain; all by default.
        domain: Option<String>,
        /// Print the records as lines of a zone file.
        #[arg(long)]
        dns: bool,
    },
    /// Replace the keys of a domain, in two steps.
    #[command(after_help = "Examples:\n  \
        wachpost dkim rotate example.org             make new keys, and print the records to publish\n  \
        wachpost dkim rotate example.org --finish    once they are published: sign with them\n\n\
        The old keys sign no more then; leave their records for a week, and end them with `wachpost dkim retire`.")]
    Rotate {
        /// The domain.
        domain: String,
        /// Sign with the new keys from now on.
        #[arg(long)]
        finish: bool,
    },
    /// Print a message with the domain's signatures, as mail that leaves has them: to try the keys.
    #[command(after_help = "Example:\n  wachpost dkim sign example.org message.eml > signed.eml")]
    Sign {
        /// The domain.
        domain: String,
        /// The message; `-` for standard input.
        message: PathBuf,
    },
    /// Remove a key that signs no more, for ever.
    #[command(after_help = "Example:\n  wachpost dkim retire example.org r20261122")]
    Retire {
        /// The domain.
        domain: String,
        /// The selector of the key.
        selector: String,
        /// Remove it even if it signs or waits.
        #[arg(long)]
        force: bool,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Kind {
    Both,
    Rsa,
    Ed25519,
}

impl Kind {
    fn kinds(self) -> &'static [KeyKind] {
        match self {
            Self::Both => &[KeyKind::Rsa, KeyKind::Ed25519],
            Self::Rsa => &[KeyKind::Rsa],
            Self::Ed25519 => &[KeyKind::Ed25519],
        }
    }
}

/// A key as it is shown.
#[derive(Serialize)]
struct Shown {
    domain: String,
    selector: String,
    kind: &'static str,
    state: State,
    dns_name: String,
    dns_text: String,
    dns_strings: Vec<String>,
}

impl Dkim {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let keys = Keys::of(context.config()?);
        match self {
            Self::Generate { domain, kind } => generate(context, &keys, &domain, kind),
            Self::List { domain, dns } => list(context, &keys, domain.as_deref(), dns),
            Self::Rotate {
                domain,
                finish: false,
            } => prepare(context, &keys, &domain),
            Self::Rotate {
                domain,
                finish: true,
            } => finish(context, &keys, &domain),
            Self::Sign { domain, message } => sign(&keys, &domain, &message),
            Self::Retire {
                domain,
                selector,
                force,
            } => retire(context, &keys, &domain, &selector, force),
        }
    }
}

fn generate(context: &mut Context, keys: &Keys, domain: &str, kind: Kind) -> Result<(), Problem> {
    let domain = ours(context, domain)?;
    if !keys.list(Some(&domain))?.is_empty() {
        let message =
            format!("`{domain}` has keys: replace them with `wachpost dkim rotate {domain}`");
        return Err(Problem::new(Exit::AlreadyExists, message));
    }
    let made = keys.make(&domain, kind.kinds(), State::Signing, &today())?;
    show_records(
        context,
        &made,
        &format!("mail from `{domain}` is signed from now on; publish these records:"),
    )
}

fn list(
    context: &mut Context,
    keys: &Keys,
    domain: Option<&str>,
    dns: bool,
) -> Result<(), Problem> {
    let domain = domain.map(str::to_ascii_lowercase);
    let found = shown(&keys.list(domain.as_deref())?)?;
    context.show(&found, |found| {
        if dns {
            return zone_lines(found);
        }
        let mut table = Table::new(&["DOMAIN", "SELECTOR", "KIND", "STATE"]);
        for key in found {
            table.row([
                key.domain.clone(),
                key.selector.clone(),
                key.kind.to_owned(),
                key.state.as_str().to_owned(),
            ]);
        }
        table.show("no keys: make some with `wachpost dkim generate`");
    });
    Ok(())
}

/// The first step: new keys, of the kinds that sign now.
fn prepare(context: &mut Context, keys: &Keys, domain: &str) -> Result<(), Problem> {
    let domain = ours(context, domain)?;
    let (signing, next) = signing_and_next(keys, &domain)?;
    let then = format!(
        "publish these records, wait until resolvers have them, then run `wachpost dkim rotate {domain} --finish`:"
    );
    if !next.is_empty() {
        return show_records(context, &next, &then);
    }
    let mut kinds = Vec::new();
    for key in &signing {
        let kind = key.load()?.kind();
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    let made = keys.make(&domain, &kinds, State::Next, &today())?;
    show_records(context, &made, &then)
}

/// The second step: the new keys sign, the old ones rest.
fn finish(context: &mut Context, keys: &Keys, domain: &str) -> Result<(), Problem> {
    let domain = ours(context, domain)?;
    let (signing, next) = signing_and_next(keys, &domain)?;
    if next.is_empty() {
        let message = format!(
            "no new keys wait for `{domain}`: make them with `wachpost dkim rotate {domain}`"
        );
        return Err(Problem::new(Exit::NotFound, message));
    }
    // New before old: at no moment does mail leave unsigned.
    for key in &next {
        keys.turn(key, State::Signing)?;
    }
    for key in &signing {
        keys.turn(key, State::Retired)?;
    }
    let selectors: Vec<&str> = signing.iter().map(|key| key.selector.as_str()).collect();
    context.say_done(&format!(
        "mail from `{domain}` is signed with the new keys; leave the records of {} for a week, then retire them",
        selectors.join(", ")
    ));
    Ok(())
}

fn retire(
    context: &mut Context,
    keys: &Keys,
    domain: &str,
    selector: &str,
    force: bool,
) -> Result<(), Problem> {
    let found = keys.list(Some(&domain.to_ascii_lowercase()))?;
    let Some(key) = found.iter().find(|key| key.selector == selector) else {
        let message =
            format!("`{domain}` has no key `{selector}`: see `wachpost dkim list {domain}`");
        return Err(Problem::new(Exit::NotFound, message));
    };
    if key.state != State::Retired && !force {
        let message = format!(
            "`{selector}` is {}: replace it first with `wachpost dkim rotate {domain}`, or say `--force`",
            key.state.as_str()
        );
        return Err(Problem::failed(message));
    }
    keys.remove(key)?;
    // RFC 6376 3.6.1 `p=`: an empty key says that it was revoked.
    let revoked = zone_line(&key.dns_name(), "v=DKIM1; p=");
    context.say_done(&format!(
        "the key is gone; remove its record, or replace it by\n{revoked}"
    ));
    Ok(())
}

fn sign(keys: &Keys, domain: &str, path: &Path) -> Result<(), Problem> {
    let mut message = with_line_ends(&read_message(path)?);
    let fields = keys
        .signer(&domain.to_ascii_lowercase())?
        .sign(&message, now_seconds());
    let fields = fields.map_err(|error| Problem::failed(error.to_string()))?;
    message.splice(0..0, fields.into_bytes());
    // A reader that went away is no fault.
    let _ = io::stdout().lock().write_all(&message);
    Ok(())
}

fn signing_and_next(keys: &Keys, domain: &str) -> Result<(Vec<KeyFile>, Vec<KeyFile>), Problem> {
    let found = keys.list(Some(domain))?;
    let of = |state| {
        found
            .iter()
            .filter(|key| key.state == state)
            .cloned()
            .collect::<Vec<_>>()
    };
    let (signing, next) = (of(State::Signing), of(State::Next));
    if signing.is_empty() && next.is_empty() {
        let message =
            format!("`{domain}` has no keys: make them with `wachpost dkim generate {domain}`");
        return Err(Problem::new(Exit::NotFound, message));
    }
    Ok((signing, next))
}

/// The domain as the directory has it.
fn ours(context: &mut Context, domain: &str) -> Result<String, Problem> {
    let Reply::Domains(domains) = context.ask(Request::Domain(DomainRequest::List))? else {
        return Err(unexpected());
    };
    let found = domains
        .into_iter()
        .find(|known| known.name.eq_ignore_ascii_case(domain));
    found.map(|known| known.name).ok_or_else(|| {
        let message =
            format!("`{domain}` is no domain of ours: add it with `wachpost domain add {domain}`");
        Problem::new(Exit::NotFound, message)
    })
}

fn shown(keys: &[KeyFile]) -> Result<Vec<Shown>, Problem> {
    let one = |file: &KeyFile| {
        let key = file.load()?;
        let dns_text = key.dns_text();
        Ok(Shown {
            domain: file.domain.clone(),
            selector: file.selector.clone(),
            kind: key.kind().as_str(),
            state: file.state,
            dns_name: file.dns_name(),
            dns_strings: txt_strings(&dns_text),
            dns_text,
        })
    };
    keys.iter().map(one).collect()
}

fn show_records(context: &Context, keys: &[KeyFile], sentence: &str) -> Result<(), Problem> {
    let found = shown(keys)?;
    context.show(&found, |found| {
        show::line(sentence);
        zone_lines(found);
    });
    Ok(())
}

fn zone_lines(keys: &[Shown]) {
    for key in keys {
        show::line(&zone_line(&key.dns_name, &key.dns_text));
    }
}

fn now_seconds() -> u64 {
    u64::try_from(wall_clock().now().0).unwrap_or(0) / 1_000
}

/// `2026-11-22`.
fn today() -> String {
    admin::moment::to_text(wall_clock().now())
        .chars()
        .take(10)
        .collect()
}
