//! Header fields in the forms in which clients hand them in (RFC 8621 4.1.2).

use mail_parser::DateTime;

use super::LINE_OCTETS_MAX;
use super::word::{Line, cleaned, phrase};

/// Octets of a field's name. RFC 5322 2.1.1: a line has 998 at most; no name comes near it.
const NAME_OCTETS_MAX: usize = 76;

/// A header field to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: FieldValue,
}

/// The value of a header field, in one of the forms of RFC 8621 4.1.2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// What stands between the colon and the end of the field, as it is: see [`FieldValue::raw`].
    Raw(String),
    /// A text.
    Text(String),
    /// Addresses.
    Addresses(Vec<Mailbox>),
    /// Addresses, some of them in groups.
    Groups(Vec<Group>),
    /// Message ids without their angle brackets.
    MessageIds(Vec<String>),
    /// A moment.
    Date {
        /// Seconds since 1970.
        seconds: i64,
        /// Minutes that the clock on the wall was ahead of UTC.
        offset_minutes: i16,
    },
    /// URLs.
    Urls(Vec<String>),
}

/// An address with the name of whoever has it (RFC 5322 3.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The name.
    pub name: Option<String>,
    /// The address, which may be anything in a draft.
    pub address: String,
}

/// A named list of addresses (RFC 5322 3.4), or addresses that are in none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name; none if these addresses are in no group.
    pub name: Option<String>,
    /// Who is in it.
    pub addresses: Vec<Mailbox>,
}

/// Why something is no header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldError {
    /// No field can be called so.
    #[error("a field's name has 1 to 76 printable ASCII characters and no colon")]
    Name,
    /// The value breaks out of its field, or has what no field can have.
    #[error("a raw value is folded lines of at most 998 octets without control characters")]
    Raw,
}

/// Whether a field can be called so.
///
/// # Errors
/// [`FieldError::Name`].
pub fn check_name(name: &str) -> Result<(), FieldError> {
    // RFC 5322 3.6.8 ftext.
    let is_ftext = |byte: u8| byte.is_ascii_graphic() && byte != b':';
    if (1..=NAME_OCTETS_MAX).contains(&name.len()) && name.bytes().all(is_ftext) {
        Ok(())
    } else {
        Err(FieldError::Name)
    }
}

impl FieldValue {
    /// A value as it is to be written.
    ///
    /// # Errors
    /// [`FieldError::Raw`]: RFC 5322 2.2.3 and 2.1.1, a line end is followed by white space, and lines are not too long.
    pub fn raw(value: String) -> Result<Self, FieldError> {
        let mut lines = value.split("\r\n");
        let is_line = |line: &str| {
            line.len() <= LINE_OCTETS_MAX && !line.chars().any(|c| c.is_control() && c != '\t')
        };
        let is_folded = |line: &str| {
            line.starts_with([' ', '\t']) && !line.trim_matches([' ', '\t']).is_empty()
        };
        let first = lines.next().unwrap_or_default();
        // The name and its colon stand on the first line, too.
        let is_first = is_line(first) && first.len() + NAME_OCTETS_MAX < LINE_OCTETS_MAX;
        if is_first && lines.all(|line| is_line(line) && is_folded(line)) {
            Ok(Self::Raw(value))
        } else {
            Err(FieldError::Raw)
        }
    }
}

impl Field {
    /// The field of that name, which must be one ([`check_name`]).
    #[must_use]
    pub fn new(name: impl Into<String>, value: FieldValue) -> Self {
        Self {
            name: name.into(),
            value,
        }
    }

    /// Whether it is called so.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut line = Line::begin(out, &self.name);
        match &self.value {
            FieldValue::Raw(value) => line.glue(value),
            FieldValue::Text(text) => line.text(text),
            FieldValue::Addresses(addresses) => write_addresses(&mut line, addresses, ""),
            FieldValue::Groups(groups) => write_groups(&mut line, groups),
            FieldValue::MessageIds(ids) => {
                for id in ids {
                    line.token(&format!("<{}>", bare(id)));
                }
            }
            FieldValue::Date {
                seconds,
                offset_minutes,
            } => line.token(&date(*seconds, *offset_minutes)),
            FieldValue::Urls(urls) => {
                for (place, url) in urls.iter().enumerate() {
                    let comma = if place + 1 < urls.len() { "," } else { "" };
                    // RFC 2369 2: URLs in angle brackets, with commas between them.
                    line.token(&format!("<{}>{comma}", bare(url)));
                }
            }
        }
        line.end();
    }
}

fn write_groups(line: &mut Line<'_>, groups: &[Group]) {
    for (place, group) in groups.iter().enumerate() {
        let comma = if place + 1 < groups.len() { "," } else { "" };
        match &group.name {
            None => write_addresses(line, &group.addresses, comma),
            Some(name) => {
                let mut tokens = phrase(name);
                if tokens.is_empty() {
                    tokens.push("\"\"".into());
                }
                tokens.iter().for_each(|token| line.token(token));
                line.glue(":");
                write_addresses(line, &group.addresses, "");
                line.glue(";");
                line.glue(comma);
            }
        }
    }
}

/// RFC 5322 3.4: addresses with commas between them, and `behind` behind the last.
fn write_addresses(line: &mut Line<'_>, addresses: &[Mailbox], behind: &str) {
    for (place, mailbox) in addresses.iter().enumerate() {
        let comma = if place + 1 < addresses.len() {
            ","
        } else {
            behind
        };
        let address = bare(&mailbox.address);
        let name = phrase(mailbox.name.as_deref().unwrap_or_default());
        if name.is_empty() && is_plain_address(&address) {
            line.token(&format!("{address}{comma}"));
        } else {
            name.iter().for_each(|token| line.token(token));
            line.token(&format!("<{address}>{comma}"));
        }
    }
}

/// Whether an address can stand without angle brackets.
fn is_plain_address(address: &str) -> bool {
    let is_plain = |c: char| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.@".contains(c);
    !address.is_empty() && address.chars().all(is_plain)
}

/// What stands between angle brackets: nothing that ends them, and no white space but inside quotes.
fn bare(text: &str) -> String {
    let text = cleaned(text);
    let mut is_quoted = false;
    text.trim()
        .chars()
        .filter(|character| match character {
            '"' => {
                is_quoted = !is_quoted;
                true
            }
            '<' | '>' => false,
            ' ' => is_quoted,
            _ => true,
        })
        .collect()
}

/// RFC 5322 3.3: a date and time.
pub(crate) fn date(seconds: i64, offset_minutes: i16) -> String {
    let local = DateTime::from_timestamp(seconds.saturating_add(i64::from(offset_minutes) * 60));
    let text = local.to_rfc822();
    let text = text
        .rsplit_once(' ')
        .map_or(text.as_str(), |(text, _)| text);
    let sign = if offset_minutes < 0 { '-' } else { '+' };
    let offset = offset_minutes.unsigned_abs();
    format!("{text} {sign}{:02}{:02}", offset / 60, offset % 60)
}
