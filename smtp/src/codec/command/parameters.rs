//! Parameters of MAIL and RCPT: what stands behind the path (RFC 5321 4.1.2 `esmtp-param`).

use std::fmt;

use super::CommandError;
use crate::codec::limits::{
    AUTH_PARAMETER_OCTETS_MAX, ENVELOPE_ID_OCTETS_MAX, ORIGINAL_RECIPIENT_OCTETS_MAX,
    PARAMETERS_MAX, SIZE_DIGITS_MAX,
};
use crate::codec::path::Mailbox;
use crate::codec::xtext::{decode_utf8_address, decode_xtext, encode_utf8_address, encode_xtext};

/// The parameters of MAIL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MailParameters {
    /// SIZE: octets the client means to send (RFC 1870 6); a claim.
    pub size_octets: Option<u64>,
    /// BODY: what the content is made of (RFC 6152 2, RFC 3030 3).
    pub body: Body,
    /// SMTPUTF8: addresses and headers may hold UTF-8 (RFC 6531 3.4).
    pub smtp_utf8: bool,
    /// RET: how much of the message a report returns (RFC 3461 4.3).
    pub ret: Option<Return>,
    /// ENVID, decoded: the sender's own name for this sending (RFC 3461 4.4).
    pub envelope_id: Option<Box<str>>,
    /// AUTH: who submitted it, as the client says (RFC 4954 5); to be believed only of trusted clients.
    pub auth: Option<AuthParameter>,
    /// REQUIRETLS: it must never travel without TLS (RFC 8689 2).
    pub require_tls: bool,
}

/// What a message's content is made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Body {
    /// Lines of ASCII; also where nothing is said.
    #[default]
    SevenBit,
    /// Lines of any octets (RFC 6152).
    EightBitMime,
    /// Any octets, no lines (RFC 3030 3); only by BDAT.
    BinaryMime,
}

/// How much of a message a report returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Return {
    /// All of it.
    Full,
    /// Its header.
    Headers,
}

/// The value of AUTH= in MAIL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthParameter {
    /// `<>`: the client does not know, or does not say.
    Unknown,
    /// The mailbox that submitted it.
    Mailbox(Mailbox),
}

/// The parameters of RCPT.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RcptParameters {
    /// NOTIFY: when the sender wants a report (RFC 3461 4.1).
    pub notify: Option<Notify>,
    /// ORCPT: the recipient the sender once wrote to (RFC 3461 4.2).
    pub original_recipient: Option<OriginalRecipient>,
}

/// When the sender wants a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notify {
    /// Not at all.
    Never,
    /// In any of the named cases.
    When {
        /// After delivery.
        success: bool,
        /// After a final failure.
        failure: bool,
        /// While it waits.
        delay: bool,
    },
}

/// The recipient a sender once wrote to, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginalRecipient {
    /// The registered kind of address, in lower case: `rfc822`, `utf-8`.
    pub address_type: Box<str>,
    /// The address; without control characters.
    pub address: Box<str>,
}

impl MailParameters {
    /// Reads parameters, each with a space before it.
    pub(super) fn parse(text: &str) -> Result<Self, CommandError> {
        let mut all = Self::default();
        let mut seen = Seen::default();
        for parameter in split(text)? {
            let (key, value) = parameter;
            match key.to_ascii_uppercase().as_str() {
                "SIZE" => {
                    seen.first("SIZE")?;
                    all.size_octets = Some(value.and_then(digits).ok_or(BAD)?);
                }
                "BODY" => {
                    seen.first("BODY")?;
                    all.body = body(value.ok_or(BAD)?)?;
                }
                "SMTPUTF8" => {
                    seen.first("SMTPUTF8")?;
                    // RFC 6531 3.4: the parameter has no value.
                    all.smtp_utf8 = flag(value)?;
                }
                "RET" => {
                    seen.first("RET")?;
                    all.ret = Some(ret(value.ok_or(BAD)?)?);
                }
                "ENVID" => {
                    seen.first("ENVID")?;
                    let text = bounded(value, ENVELOPE_ID_OCTETS_MAX)?;
                    all.envelope_id = Some(decode_xtext(text).ok_or(BAD)?.into());
                }
                "AUTH" => {
                    seen.first("AUTH")?;
                    all.auth = Some(auth(bounded(value, AUTH_PARAMETER_OCTETS_MAX)?)?);
                }
                "REQUIRETLS" => {
                    seen.first("REQUIRETLS")?;
                    // RFC 8689 2: the parameter has no value.
                    all.require_tls = flag(value)?;
                }
                _ => return Err(CommandError::UnknownParameter),
            }
        }
        Ok(all)
    }
}

impl RcptParameters {
    /// Reads parameters, each with a space before it.
    pub(super) fn parse(text: &str) -> Result<Self, CommandError> {
        let mut all = Self::default();
        let mut seen = Seen::default();
        for (key, value) in split(text)? {
            match key.to_ascii_uppercase().as_str() {
                "NOTIFY" => {
                    seen.first("NOTIFY")?;
                    all.notify = Some(notify(value.ok_or(BAD)?)?);
                }
                "ORCPT" => {
                    seen.first("ORCPT")?;
                    let text = bounded(value, ORIGINAL_RECIPIENT_OCTETS_MAX)?;
                    all.original_recipient = Some(original_recipient(text)?);
                }
                _ => return Err(CommandError::UnknownParameter),
            }
        }
        Ok(all)
    }
}

const BAD: CommandError = CommandError::BadParameter;

/// The parameters met so far: each may stand there once.
#[derive(Default)]
struct Seen(Vec<&'static str>);

impl Seen {
    fn first(&mut self, key: &'static str) -> Result<(), CommandError> {
        if self.0.contains(&key) {
            return Err(BAD);
        }
        self.0.push(key);
        Ok(())
    }
}

/// esmtp-param = esmtp-keyword ["=" esmtp-value]
fn split(text: &str) -> Result<Vec<(&str, Option<&str>)>, CommandError> {
    let mut all = Vec::new();
    for parameter in text.split(' ').filter(|parameter| !parameter.is_empty()) {
        if all.len() >= PARAMETERS_MAX {
            return Err(BAD);
        }
        all.push(match parameter.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (parameter, None),
        });
    }
    Ok(all)
}

/// Digits and nothing else, as far as they fit: `u64::from_str` alone would take a plus sign.
pub(super) fn digits(text: &str) -> Option<u64> {
    // RFC 1870 5: a size has up to 20 digits.
    if text.len() > SIZE_DIGITS_MAX || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

fn bounded(value: Option<&str>, limit: usize) -> Result<&str, CommandError> {
    value
        .filter(|text| !text.is_empty() && text.len() <= limit)
        .ok_or(BAD)
}

fn flag(value: Option<&str>) -> Result<bool, CommandError> {
    match value {
        None => Ok(true),
        Some(_) => Err(BAD),
    }
}

fn body(value: &str) -> Result<Body, CommandError> {
    match value.to_ascii_uppercase().as_str() {
        "7BIT" => Ok(Body::SevenBit),
        "8BITMIME" => Ok(Body::EightBitMime),
        "BINARYMIME" => Ok(Body::BinaryMime),
        _ => Err(BAD),
    }
}

fn ret(value: &str) -> Result<Return, CommandError> {
    match value.to_ascii_uppercase().as_str() {
        "FULL" => Ok(Return::Full),
        "HDRS" => Ok(Return::Headers),
        _ => Err(BAD),
    }
}

/// RFC 4954 5: a mailbox as xtext, or `<>`.
fn auth(value: &str) -> Result<AuthParameter, CommandError> {
    if value == "<>" {
        return Ok(AuthParameter::Unknown);
    }
    let text = decode_xtext(value).ok_or(BAD)?;
    // Departs from RFC 4954 5, where the mailbox stands without brackets: RFC 2554's clients wrote them.
    let text = text
        .strip_prefix('<')
        .and_then(|text| text.strip_suffix('>'))
        .unwrap_or(&text);
    Mailbox::parse(text)
        .map(AuthParameter::Mailbox)
        .map_err(|_| BAD)
}

fn notify(value: &str) -> Result<Notify, CommandError> {
    // RFC 3461 4.1: NEVER stands alone.
    if value.eq_ignore_ascii_case("NEVER") {
        return Ok(Notify::Never);
    }
    let (mut success, mut failure, mut delay) = (false, false, false);
    for case in value.split(',') {
        let wanted = match case.to_ascii_uppercase().as_str() {
            "SUCCESS" => &mut success,
            "FAILURE" => &mut failure,
            "DELAY" => &mut delay,
            _ => return Err(BAD),
        };
        *wanted = true;
    }
    Ok(Notify::When {
        success,
        failure,
        delay,
    })
}

/// original-recipient-address = addr-type ";" xtext
fn original_recipient(value: &str) -> Result<OriginalRecipient, CommandError> {
    let (address_type, address) = value.split_once(';').ok_or(BAD)?;
    let is_atom = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if address_type.is_empty() || !address_type.bytes().all(is_atom) {
        return Err(BAD);
    }
    let address_type = address_type.to_ascii_lowercase();
    // RFC 6533 3: addresses of type utf-8 have their own encoding.
    let address = match address_type.as_str() {
        "utf-8" => decode_utf8_address(address),
        _ => decode_xtext(address),
    };
    match address {
        Some(address) if !address.is_empty() => Ok(OriginalRecipient {
            address_type: address_type.into(),
            address: address.into(),
        }),
        _ => Err(BAD),
    }
}

/// Writes the parameters as MAIL has them, each with a space before it.
impl fmt::Display for MailParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(octets) = self.size_octets {
            write!(f, " SIZE={octets}")?;
        }
        f.write_str(match self.body {
            Body::SevenBit => "",
            Body::EightBitMime => " BODY=8BITMIME",
            Body::BinaryMime => " BODY=BINARYMIME",
        })?;
        if self.smtp_utf8 {
            f.write_str(" SMTPUTF8")?;
        }
        match self.ret {
            Some(Return::Full) => f.write_str(" RET=FULL")?,
            Some(Return::Headers) => f.write_str(" RET=HDRS")?,
            None => {}
        }
        if let Some(id) = &self.envelope_id {
            write!(f, " ENVID={}", encode_xtext(id))?;
        }
        match &self.auth {
            Some(AuthParameter::Unknown) => f.write_str(" AUTH=<>")?,
            Some(AuthParameter::Mailbox(mailbox)) => {
                write!(f, " AUTH={}", encode_xtext(&mailbox.to_string()))?;
            }
            None => {}
        }
        if self.require_tls {
            f.write_str(" REQUIRETLS")?;
        }
        Ok(())
    }
}

/// Writes the parameters as RCPT has them, each with a space before it.
impl fmt::Display for RcptParameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.notify {
            None => {}
            Some(Notify::Never) => f.write_str(" NOTIFY=NEVER")?,
            Some(Notify::When {
                success,
                failure,
                delay,
            }) => {
                let cases = [(success, "SUCCESS"), (failure, "FAILURE"), (delay, "DELAY")];
                let wanted: Vec<&str> = cases
                    .iter()
                    .filter_map(|(wanted, case)| wanted.then_some(*case))
                    .collect();
                write!(f, " NOTIFY={}", wanted.join(","))?;
            }
        }
        if let Some(original) = &self.original_recipient {
            write!(f, " ORCPT={original}")?;
        }
        Ok(())
    }
}

/// Writes the value of ORCPT.
impl fmt::Display for OriginalRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = match self.address_type.as_ref() {
            "utf-8" => encode_utf8_address(&self.address),
            _ => encode_xtext(&self.address),
        };
        write!(f, "{};{address}", self.address_type)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: &str) -> Result<String, CommandError> {
        MailParameters::parse(text).map(|all| all.to_string())
    }

    fn rcpt(text: &str) -> Result<String, CommandError> {
        RcptParameters::parse(text).map(|all| all.to_string())
    }

    #[test]
    fn mail_parameters() {
        for (text, expected) in [
            ("", ""),
            (" size=10  body=8bitmime", " SIZE=10 BODY=8BITMIME"),
            (" BODY=7BIT", ""),
            (" BODY=BINARYMIME SMTPUTF8", " BODY=BINARYMIME SMTPUTF8"),
            (" RET=hdrs ENVID=QQ+2B1", " RET=HDRS ENVID=QQ+2B1"),
            (" AUTH=<>", " AUTH=<>"),
            (" AUTH=e+3Dmc2@example.com", " AUTH=e+3Dmc2@example.com"),
            (" AUTH=<a@b>", " AUTH=a@b"),
            (" REQUIRETLS", " REQUIRETLS"),
        ] {
            assert_eq!(mail(text).as_deref(), Ok(expected), "{text}");
        }
        for text in [
            " SIZE=",
            " SIZE=1 SIZE=2",
            " SIZE=1x",
            " BODY=9BIT",
            " SMTPUTF8=yes",
            " REQUIRETLS=",
            " RET=ALL",
            " ENVID=",
            " ENVID=a+0D+0Ab",
            " AUTH=nobody",
        ] {
            assert_eq!(mail(text), Err(BAD), "{text}");
        }
        assert_eq!(mail(&format!(" ENVID={}", "x".repeat(101))), Err(BAD));
        assert_eq!(mail(" X=1"), Err(CommandError::UnknownParameter));
    }

    #[test]
    fn rcpt_parameters() {
        for (text, expected) in [
            (" NOTIFY=never", " NOTIFY=NEVER"),
            (" NOTIFY=DELAY,success", " NOTIFY=SUCCESS,DELAY"),
            (" ORCPT=RFC822;a+2Bb@c", " ORCPT=rfc822;a+2Bb@c"),
            (" ORCPT=utf-8;\\x{FC}@c", " ORCPT=utf-8;\\x{FC}@c"),
            (" ORCPT=utf-8;ü@c", " ORCPT=utf-8;\\x{FC}@c"),
        ] {
            assert_eq!(rcpt(text).as_deref(), Ok(expected), "{text}");
        }
        for text in [
            " NOTIFY=",
            " NOTIFY=NEVER,SUCCESS",
            " NOTIFY=SUCCESS,",
            " ORCPT=rfc822",
            " ORCPT=;a@b",
            " ORCPT=rfc822;",
            " ORCPT=rfc822;a+0Ab",
            " ORCPT=rfc822;ü@c",
        ] {
            assert_eq!(rcpt(text), Err(BAD), "{text}");
        }
    }
}
