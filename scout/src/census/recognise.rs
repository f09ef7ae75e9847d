//! Recognising: which mail server a greeting, a page or a name is of.

use super::EXCHANGE;
use crate::builds::Version;

/// Octets of a greeting that are looked at.
const BANNER_OCTETS_MAX: usize = 4_096;

/// Octets of a page that are looked at: the paths with the version stand in its head.
const PAGE_OCTETS_MAX: usize = 256 << 10;

/// A product and its version, as far as it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen<'a> {
    /// The product, as we name it.
    pub product: &'static str,
    /// Its version; empty if not known.
    pub version: &'a str,
}

/// What a product says of itself in greetings, in lower case, and how we call it. The first that fits counts.
const BANNERS: [(&str, &str); 30] = [
    ("microsoft esmtp mail service", EXCHANGE),
    ("microsoft exchange", EXCHANGE),
    ("the microsoft exchange", EXCHANGE),
    ("outlook web app", EXCHANGE),
    ("zimbra", "Zimbra"),
    ("zextras", "Carbonio"),
    ("carbonio", "Carbonio"),
    ("postfix", "Postfix"),
    ("exim", "Exim"),
    ("sendmail", "Sendmail"),
    ("opensmtpd", "OpenSMTPD"),
    ("dovecot", "Dovecot"),
    ("cyrus", "Cyrus IMAP"),
    ("courier", "Courier"),
    ("lotus domino", "HCL Domino"),
    ("hcl domino", "HCL Domino"),
    ("domino imap", "HCL Domino"),
    ("kerio connect", "Kerio Connect"),
    ("kerio mailserver", "Kerio Connect"),
    ("mdaemon", "MDaemon"),
    ("hmailserver", "hMailServer"),
    ("icewarp", "IceWarp"),
    ("smartermail", "SmarterMail"),
    ("mailenable", "MailEnable"),
    ("communigate", "CommuniGate Pro"),
    ("haraka", "Haraka"),
    ("stalwart", "Stalwart"),
    ("gromox", "grommunio"),
    ("kopano", "Kopano"),
    ("wachpost", "Wachpost"),
];

/// What shows that a page is of Outlook on the web.
const PAGE_MARKS: [&str; 4] = ["/owa/auth", "/owa/prem/", "/ecp/", "X-OWA-Version"];

/// The product whose greeting of SMTP, IMAP or POP3 it is.
#[must_use]
pub fn banner(text: &str) -> Option<Seen<'_>> {
    let text = greeting(head(text, BANNER_OCTETS_MAX));
    let (mark, product, at) = BANNERS
        .iter()
        .find_map(|(mark, product)| Some((*mark, *product, find_word(text, mark)?)))?;
    let after = text.get(at + mark.len()..).unwrap_or_default();
    Some(Seen {
        product,
        // Exchange greets with the version of Windows' own SMTP service, if at all.
        version: if product == EXCHANGE {
            ""
        } else {
            version_after(after)
        },
    })
}

/// A product by its name and version, as nmap and Shodan name them.
#[must_use]
pub fn named<'a>(product: &str, version: &'a str) -> Option<Seen<'a>> {
    let seen = banner(product)?;
    Some(Seen {
        product: seen.product,
        version: version.trim(),
    })
}

/// The same, with a vendor: Censys calls it `microsoft`, `exchange_server`.
#[must_use]
pub fn named_by<'a>(vendor: &str, product: &str, version: &'a str) -> Option<Seen<'a>> {
    let exchange = vendor.eq_ignore_ascii_case("microsoft")
        && find(product, "exchange").is_some_and(|at| at == 0);
    if exchange {
        return Some(Seen {
            product: EXCHANGE,
            version: version.trim(),
        });
    }
    named(product, version)
}

/// An answer of a web server: its headers as text, and the page.
#[must_use]
pub fn answer<'a>(headers: &'a str, page_text: &'a str) -> Option<Seen<'a>> {
    let headers = head(headers, BANNER_OCTETS_MAX);
    let version = headers
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("x-owa-version"))
        .map_or("", |(_, value)| value.trim());
    best([page(version, page_text), page("", headers)])
}

/// Exchange by the header `X-OWA-Version`, and by the paths in a page, which have the version as a folder.
#[must_use]
pub fn page<'a>(owa_version: &'a str, text: &'a str) -> Option<Seen<'a>> {
    if Version::parse(owa_version).is_some_and(Version::is_exchange) {
        return Some(Seen {
            product: EXCHANGE,
            version: owa_version.trim(),
        });
    }
    let text = head(text, PAGE_OCTETS_MAX);
    let found = PAGE_MARKS
        .iter()
        .filter_map(|mark| Some((mark, text.find(mark)?)))
        .find_map(|(mark, at)| {
            let after = text.get(at + mark.len()..)?;
            // `/owa/auth/15.1.2242/themes/` stands near the first such path.
            let near = head(after, 8_192);
            let version = near
                .split(|sign: char| !sign.is_ascii_digit() && sign != '.')
                .find(|word| Version::parse(word).is_some_and(Version::is_exchange));
            version
                .or(Some(""))
                .filter(|version| !version.is_empty() || *mark != "/ecp/")
        })?;
    Some(Seen {
        product: EXCHANGE,
        version: found,
    })
}

/// Of what several looks gave, the one that tells most; Exchange before others.
#[must_use]
pub fn best<'a>(seen: impl IntoIterator<Item = Option<Seen<'a>>>) -> Option<Seen<'a>> {
    let tells = |seen: &Seen<'_>| (seen.product == EXCHANGE, precision(seen.version));
    // Of several that tell as much, the first.
    seen.into_iter()
        .flatten()
        .fold(None, |best, seen| match best {
            Some(best) if tells(&best) >= tells(&seen) => Some(best),
            _ => Some(seen),
        })
}

/// How many parts of a version are known; 0 for none.
#[must_use]
pub fn precision(version: &str) -> u8 {
    let digits = version.starts_with(|sign: char| sign.is_ascii_digit());
    let parts = version.split('.').count().min(9);
    if digits {
        u8::try_from(parts).unwrap_or(9)
    } else {
        0
    }
}

/// The first word after a name, if it is a version: ` 4.94.2 Ubuntu`, `/8.15.2`, ` v3.4`.
fn version_after(text: &str) -> &str {
    let text = head(text, 64);
    let word = text
        .split([' ', '/', '(', ')', ',', ';', '-', '_', '[', ']', '#'])
        .map(|word| word.trim_start_matches('v'))
        .find(|word| word.starts_with(|sign: char| sign.is_ascii_digit()) && word.contains('.'));
    let word = word.unwrap_or_default();
    let end = word.find(|sign: char| !sign.is_ascii_alphanumeric() && sign != '.');
    word.get(..end.unwrap_or(word.len()))
        .unwrap_or_default()
        .trim_end_matches('.')
}

/// RFC 5321 4.2: the first word after the code of a greeting is the name of the host, which may be named after anything.
fn greeting(text: &str) -> &str {
    let rest = text
        .strip_prefix("220 ")
        .or_else(|| text.strip_prefix("220-"));
    rest.and_then(|rest| rest.split_once(' '))
        .map_or(text, |(_, rest)| rest)
}

/// Where a text in lower case stands as a word of its own.
fn find_word(text: &str, lower: &str) -> Option<usize> {
    let at = find(text, lower)?;
    let octets = text.as_bytes();
    let beside = |octet: Option<&u8>| octet.is_none_or(|octet| !octet.is_ascii_alphanumeric());
    let is_word = at
        .checked_sub(1)
        .is_none_or(|before| beside(octets.get(before)))
        && beside(octets.get(at + lower.len()));
    is_word.then_some(at)
}

/// Where a text in lower case stands, whatever the case.
fn find(text: &str, lower: &str) -> Option<usize> {
    let (text, lower) = (text.as_bytes(), lower.as_bytes());
    text.windows(lower.len())
        .position(|window| window.eq_ignore_ascii_case(lower))
}

/// At most so many octets, cut between letters.
fn head(text: &str, octets: usize) -> &str {
    let mut end = text.len().min(octets);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Feeds hostile octets to each way of recognising.
pub(super) fn fuzz(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (a, b) = text.split_at(text.find(' ').unwrap_or(0));
    let seen = best([
        banner(&text),
        named(a, b),
        named_by("microsoft", a, b),
        answer(a, b),
        page(a, b),
    ]);
    if let Some(seen) = seen {
        assert!(precision(seen.version) <= 9);
    }
}
