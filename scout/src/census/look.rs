//! Looking: what a server shows to anybody who calls, asked under a [`Mandate`].
//!
//! What is sent is what a browser or a mail server would send, and nothing that tries a hole: one request for the page where people
//! sign in, one for the manifest of the export tool that administrators download (it has the version with all four parts), or no
//! more than a good-bye after the greeting of SMTP, IMAP and POP3. No redirect is followed, no name is resolved.

mod wire;

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use evidence::Moment;
use serde::Serialize;

use super::mandate::{Mandate, MandateError};
use super::recognise::{self, Seen, precision};
use super::{Day, EXCHANGE, Sighting};

/// Targets of one run.
pub const TARGETS_MAX: usize = 1_000_000;

/// How a server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// The web, encrypted.
    Https,
    /// The web, in plain text.
    Http,
    /// The greeting of SMTP.
    Smtp,
    /// The greeting of IMAP.
    Imap,
    /// The greeting of POP3.
    Pop3,
}

impl Way {
    const fn usual_port(self) -> u16 {
        match self {
            Self::Https => 443,
            Self::Http => 80,
            Self::Smtp => 25,
            Self::Imap => 143,
            Self::Pop3 => 110,
        }
    }

    const fn of_port(port: u16) -> Self {
        match port {
            25 | 587 => Self::Smtp,
            143 => Self::Imap,
            110 => Self::Pop3,
            80 => Self::Http,
            _ => Self::Https,
        }
    }
}

/// A server to look at: `192.0.2.7`, `[2001:db8::1]:443`, `smtp://192.0.2.7`, and the name by which to ask for it after a blank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Target {
    /// How it is asked.
    pub way: Way,
    /// Where it is.
    pub place: SocketAddr,
    /// The name that a browser would call it by.
    pub name: Option<String>,
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || {
            format!(
                "`{}` is no address: write `192.0.2.7`, `192.0.2.7:443` or `smtp://192.0.2.7`",
                text.escape_debug()
            )
        };
        let (place, name) = match text.trim().split_once([' ', '\t']) {
            Some((place, name)) => (place, Some(name.trim())),
            None => (text.trim(), None),
        };
        let (way, place) = match place.split_once("://") {
            Some(("https", place)) => (Some(Way::Https), place),
            Some(("http", place)) => (Some(Way::Http), place),
            Some(("smtp", place)) => (Some(Way::Smtp), place),
            Some(("imap", place)) => (Some(Way::Imap), place),
            Some(("pop3", place)) => (Some(Way::Pop3), place),
            Some(_) => return Err(wrong()),
            None => (None, place),
        };
        let (address, port) = match place.parse::<SocketAddr>() {
            Ok(place) => (place.ip(), Some(place.port())),
            Err(_) => {
                let bare = place.trim_start_matches('[').trim_end_matches(']');
                (bare.parse::<IpAddr>().map_err(|_| wrong())?, None)
            }
        };
        let way = way.or_else(|| port.map(Way::of_port)).unwrap_or(Way::Https);
        let is_name = |name: &str| {
            !name.is_empty()
                && name.len() <= 255
                && name
                    .bytes()
                    .all(|octet| octet.is_ascii_alphanumeric() || octet == b'.' || octet == b'-')
        };
        if name.is_some_and(|name| !is_name(name)) {
            return Err(wrong());
        }
        Ok(Self {
            way,
            place: SocketAddr::new(address.to_canonical(), port.unwrap_or(way.usual_port())),
            name: name.map(str::to_owned),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.fmt(f)
    }
}

/// What came of looking.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Looked {
    /// Where.
    pub target: Target,
    /// The product; empty if none was recognised.
    pub product: String,
    /// Its version, as far as it shows.
    pub version: String,
    /// Why nothing could be seen.
    pub failed: Option<String>,
    /// Requests that were sent.
    pub requests: u32,
}

impl Looked {
    /// As a sighting, if a product was recognised.
    #[must_use]
    pub fn sighting(&self, now: Moment) -> Option<Sighting<'_>> {
        let mut sighting = Sighting::at(
            self.target.place.ip(),
            self.target.place.port(),
            Day::of(now),
        );
        sighting.product = &self.product;
        sighting.version = &self.version;
        sighting.hostname = self.target.name.as_deref().unwrap_or_default();
        (!self.product.is_empty()).then_some(sighting)
    }
}

/// Looks at servers, one after the other, as slowly as the mandate says. All addresses are checked before the first is called.
/// `wait` lets time pass.
///
/// # Errors
/// An address that the mandate does not have; then nothing was called.
pub fn look(
    targets: &[Target],
    mandate: &Mandate,
    wait: &mut dyn FnMut(Duration),
    tell: &mut dyn FnMut(Looked),
) -> Result<(), MandateError> {
    for target in targets {
        mandate.covers(target.place.ip())?;
    }
    let pause = Duration::from_secs(1) / mandate.rate;
    let mut is_first = true;
    for target in targets {
        // Again, right before the call: whatever becomes of the list, no address goes out unchecked.
        mandate.covers(target.place.ip())?;
        let mut paced = || {
            if !std::mem::take(&mut is_first) {
                wait(pause);
            }
        };
        tell(one(target, &mut paced));
    }
    Ok(())
}

fn one(target: &Target, pace: &mut dyn FnMut()) -> Looked {
    let mut looked = Looked {
        target: target.clone(),
        product: String::new(),
        version: String::new(),
        failed: None,
        requests: 0,
    };
    let result = match target.way {
        Way::Https | Way::Http => web(target, pace, &mut looked),
        Way::Smtp => greeting(target, b"QUIT\r\n", pace, &mut looked),
        Way::Imap => greeting(target, b"1 LOGOUT\r\n", pace, &mut looked),
        Way::Pop3 => greeting(target, b"QUIT\r\n", pace, &mut looked),
    };
    looked.failed = result.err();
    looked
}

fn greeting(
    target: &Target,
    bye: &[u8],
    pace: &mut dyn FnMut(),
    looked: &mut Looked,
) -> Result<(), String> {
    pace();
    looked.requests += 1;
    let banner = wire::greeting(target.place, bye)?;
    looked.keep(recognise::banner(&banner));
    Ok(())
}

fn web(target: &Target, pace: &mut dyn FnMut(), looked: &mut Looked) -> Result<(), String> {
    /// Where people sign in.
    const PAGE: &str = "/owa/auth/logon.aspx";
    /// What the page for searches offers to administrators for download; it is there for anybody.
    const MANIFEST: &str =
        "/ecp/Current/exporttool/microsoft.exchange.ediscovery.exporttool.application";
    pace();
    looked.requests += 1;
    let answer = wire::get(target, PAGE)?;
    looked.keep(recognise::answer(&answer.head, &answer.body));
    if looked.product == EXCHANGE && precision(&looked.version) < 4 {
        pace();
        looked.requests += 1;
        let answer = wire::get(target, MANIFEST)?;
        looked.keep(manifest(&answer.body));
    }
    Ok(())
}

/// The version in `<assemblyIdentity name="microsoft.exchange.ediscovery.exporttool.application" version="15.1.2507.6"`.
fn manifest(body: &str) -> Option<Seen<'_>> {
    let identity = body.split("<assemblyIdentity").nth(1)?.split('>').next()?;
    let version = identity.split("version=\"").nth(1)?.split('"').next()?;
    crate::builds::Version::parse(version)
        .filter(|version| version.is_exchange())
        .map(|_| Seen {
            product: EXCHANGE,
            version,
        })
}

impl Looked {
    fn keep(&mut self, seen: Option<Seen<'_>>) {
        let Some(seen) = seen else { return };
        if self.product.is_empty() || precision(seen.version) > precision(&self.version) {
            self.product = seen.product.to_owned();
            self.version = seen.version.to_owned();
        }
    }
}

/// Feeds hostile octets to what reads targets and manifests.
pub(super) fn fuzz(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let _ = text.parse::<Target>();
    let _ = manifest(&text);
    let _ = wire::split(input);
}
