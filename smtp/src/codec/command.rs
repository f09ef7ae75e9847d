//! Commands: a line of the client as a typed value (RFC 5321 4.1.1 and the extensions).

pub(super) mod parameters;

use std::fmt;

use super::limits::{CLIENT_NAME_OCTETS_MAX, MECHANISM_OCTETS_MAX};
use super::path::{ForwardPath, PathError, ReversePath};
use super::reply::{EnhancedCode, Reply};
use super::sasl::SaslResponse;
use parameters::{MailParameters, RcptParameters};

/// A command of the client, syntactically right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// `EHLO name`, RFC 5321 4.1.1.1.
    Ehlo(ClientName),
    /// `HELO name`, RFC 5321 4.1.1.1.
    Helo(ClientName),
    /// `LHLO name`, RFC 2033 4.1.
    Lhlo(ClientName),
    /// `MAIL FROM:<..>`, RFC 5321 4.1.1.2.
    Mail {
        /// The sender.
        reverse_path: ReversePath,
        /// What stands behind the path.
        parameters: MailParameters,
    },
    /// `RCPT TO:<..>`, RFC 5321 4.1.1.3.
    Rcpt {
        /// The recipient.
        forward_path: ForwardPath,
        /// What stands behind the path.
        parameters: RcptParameters,
    },
    /// `DATA`, RFC 5321 4.1.1.4.
    Data,
    /// `BDAT octets [LAST]`, RFC 3030 2; so many octets follow the line.
    Bdat {
        /// Length of the chunk.
        octets: u64,
        /// Whether the message ends with it.
        last: bool,
    },
    /// `RSET`, RFC 5321 4.1.1.5.
    Rset,
    /// `NOOP [text]`, RFC 5321 4.1.1.9.
    Noop,
    /// `QUIT`, RFC 5321 4.1.1.10.
    Quit,
    /// `VRFY text`, RFC 5321 4.1.1.6.
    Vrfy,
    /// `EXPN text`, RFC 5321 4.1.1.7.
    Expn,
    /// `HELP [text]`, RFC 5321 4.1.1.8.
    Help,
    /// `STARTTLS`, RFC 3207 4.
    StartTls,
    /// `AUTH mechanism [initial-response]`, RFC 4954 4.
    Auth {
        /// The mechanism in upper case.
        mechanism: Box<str>,
        /// The initial response, decoded; `=` on the wire is an empty one.
        initial: Option<SaslResponse>,
    },
}

/// What a client calls itself: printable, without spaces, bounded, and otherwise unchecked.
///
/// RFC 5321 4.1.4: mail must not be refused because the name is wrong, and many clients give one that is no domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientName(Box<str>);

impl ClientName {
    /// The name as it came.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a line is not a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandError {
    /// Not UTF-8, or with a control character.
    Malformed,
    /// No verb we know.
    UnknownVerb,
    /// An argument is missing, or there is one too many, or it is malformed.
    BadArgument,
    /// The sender's path is malformed.
    BadReversePath,
    /// The recipient's path is malformed.
    BadForwardPath,
    /// A path is longer than its limit.
    PathTooLong,
    /// A parameter of MAIL or RCPT that we do not know.
    UnknownParameter,
    /// A parameter that we know has a wrong value, no value, one too many, or stands there twice.
    BadParameter,
    /// A response of AUTH is not base64.
    BadBase64,
}

impl CommandError {
    /// The reply to the peer.
    #[must_use]
    pub fn reply(self) -> Reply {
        // RFC 5321 4.2.4, 4.3.2: 500 for what is not recognised, 501 for its arguments; 555 for unknown parameters.
        let (code, enhanced, text) = match self {
            Self::Malformed => (500, EnhancedCode::SYNTAX, "Syntax error."),
            Self::UnknownVerb => (500, EnhancedCode::BAD_COMMAND, "Unknown command."),
            Self::BadArgument => (
                501,
                EnhancedCode::BAD_ARGUMENT,
                "Syntax error in arguments.",
            ),
            Self::BadReversePath => (
                501,
                EnhancedCode::BAD_SENDER_SYNTAX,
                "Malformed sender address.",
            ),
            Self::BadForwardPath => (
                501,
                EnhancedCode::BAD_RECIPIENT_SYNTAX,
                "Malformed recipient address.",
            ),
            // RFC 5321 4.5.3.1.10: 501 says that a path was too long.
            Self::PathTooLong => (501, EnhancedCode::BAD_ARGUMENT, "Path too long."),
            Self::UnknownParameter => (555, EnhancedCode::BAD_ARGUMENT, "Unknown parameter."),
            Self::BadParameter => (501, EnhancedCode::BAD_ARGUMENT, "Bad parameter value."),
            // RFC 4954 4: what cannot be decoded is answered with 501 5.5.2.
            Self::BadBase64 => (501, EnhancedCode::SYNTAX, "Cannot decode the response."),
        };
        Reply::new(code, enhanced, text)
    }
}

/// Reads a line, without its CRLF, as a command.
///
/// # Errors
/// [`CommandError`], whose [`CommandError::reply`] is to be sent.
pub fn parse_command(line: &[u8]) -> Result<Command, CommandError> {
    let line = std::str::from_utf8(line).map_err(|_| CommandError::Malformed)?;
    if line.chars().any(char::is_control) {
        return Err(CommandError::Malformed);
    }
    // RFC 5321 4.1.1: trailing white space is tolerated.
    let line = line.trim_end_matches(' ');
    let (verb, arguments) = line.split_once(' ').unwrap_or((line, ""));
    let verb = verb.to_ascii_uppercase();
    match verb.as_str() {
        "EHLO" => client_name(arguments).map(Command::Ehlo),
        "HELO" => client_name(arguments).map(Command::Helo),
        "LHLO" => client_name(arguments).map(Command::Lhlo),
        "MAIL" => mail(arguments),
        "RCPT" => rcpt(arguments),
        "DATA" => without_arguments(arguments, Command::Data),
        "BDAT" => bdat(arguments),
        "RSET" => without_arguments(arguments, Command::Rset),
        "NOOP" => Ok(Command::Noop),
        "QUIT" => without_arguments(arguments, Command::Quit),
        "VRFY" => with_some_text(arguments, Command::Vrfy),
        "EXPN" => with_some_text(arguments, Command::Expn),
        "HELP" => Ok(Command::Help),
        // RFC 3207 4: 501 where STARTTLS has a parameter.
        "STARTTLS" => without_arguments(arguments, Command::StartTls),
        "AUTH" => auth(arguments),
        _ => Err(CommandError::UnknownVerb),
    }
}

fn without_arguments(arguments: &str, command: Command) -> Result<Command, CommandError> {
    match arguments.is_empty() {
        true => Ok(command),
        false => Err(CommandError::BadArgument),
    }
}

fn with_some_text(arguments: &str, command: Command) -> Result<Command, CommandError> {
    match arguments.is_empty() {
        true => Err(CommandError::BadArgument),
        false => Ok(command),
    }
}

fn client_name(arguments: &str) -> Result<ClientName, CommandError> {
    let name = arguments.trim_start_matches(' ');
    if name.is_empty() || name.len() > CLIENT_NAME_OCTETS_MAX || name.contains(char::is_whitespace)
    {
        return Err(CommandError::BadArgument);
    }
    Ok(ClientName(name.into()))
}

fn mail(arguments: &str) -> Result<Command, CommandError> {
    let text = after_keyword(arguments, "FROM:")?;
    let (reverse_path, rest) = ReversePath::parse(text).map_err(|error| match error {
        PathError::Malformed => CommandError::BadReversePath,
        PathError::TooLong => CommandError::PathTooLong,
    })?;
    Ok(Command::Mail {
        reverse_path,
        parameters: MailParameters::parse(parameter_text(rest, CommandError::BadReversePath)?)?,
    })
}

fn rcpt(arguments: &str) -> Result<Command, CommandError> {
    let text = after_keyword(arguments, "TO:")?;
    let (forward_path, rest) = ForwardPath::parse(text).map_err(|error| match error {
        PathError::Malformed => CommandError::BadForwardPath,
        PathError::TooLong => CommandError::PathTooLong,
    })?;
    Ok(Command::Rcpt {
        forward_path,
        parameters: RcptParameters::parse(parameter_text(rest, CommandError::BadForwardPath)?)?,
    })
}

/// Departs from RFC 5321 3.3, which wants no space behind the colon: many clients put one there.
fn after_keyword<'a>(arguments: &'a str, keyword: &str) -> Result<&'a str, CommandError> {
    let (start, rest) = arguments
        .split_at_checked(keyword.len())
        .ok_or(CommandError::BadArgument)?;
    match start.eq_ignore_ascii_case(keyword) {
        true => Ok(rest.trim_start_matches(' ')),
        false => Err(CommandError::BadArgument),
    }
}

/// What follows a path must be nothing, or a space and parameters.
fn parameter_text(rest: &str, otherwise: CommandError) -> Result<&str, CommandError> {
    match rest.is_empty() || rest.starts_with(' ') {
        true => Ok(rest),
        false => Err(otherwise),
    }
}

/// bdat-cmd = "BDAT" SP chunk-size [ SP end-marker ]
fn bdat(arguments: &str) -> Result<Command, CommandError> {
    let (size, marker) = match arguments.split_once(' ') {
        Some((size, marker)) => (size, Some(marker)),
        None => (arguments, None),
    };
    let last = match marker {
        None => false,
        Some(marker) if marker.eq_ignore_ascii_case("LAST") => true,
        Some(_) => return Err(CommandError::BadArgument),
    };
    let octets = parameters::digits(size).ok_or(CommandError::BadArgument)?;
    Ok(Command::Bdat { octets, last })
}

fn auth(arguments: &str) -> Result<Command, CommandError> {
    let (mechanism, initial) = match arguments.split_once(' ') {
        Some((mechanism, initial)) => (mechanism, Some(initial)),
        None => (arguments, None),
    };
    // RFC 4422 3.1: 1 to 20 letters, digits, hyphens and underscores.
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if mechanism.is_empty()
        || mechanism.len() > MECHANISM_OCTETS_MAX
        || !mechanism.bytes().all(is_name)
    {
        return Err(CommandError::BadArgument);
    }
    let initial = match initial {
        None => None,
        // RFC 4954 4: a single equal sign is an initial response of no octets.
        Some("=") => Some(SaslResponse::new(Vec::new())),
        Some(text) => Some(SaslResponse::decode(text)?),
    };
    Ok(Command::Auth {
        mechanism: mechanism.to_ascii_uppercase().into(),
        initial,
    })
}

/// Writes the command as a client would, without CRLF; texts that are not kept are left out, and secrets hidden.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ehlo(name) => write!(f, "EHLO {}", name.0),
            Self::Helo(name) => write!(f, "HELO {}", name.0),
            Self::Lhlo(name) => write!(f, "LHLO {}", name.0),
            Self::Mail {
                reverse_path,
                parameters,
            } => write!(f, "MAIL FROM:{reverse_path}{parameters}"),
            Self::Rcpt {
                forward_path,
                parameters,
            } => write!(f, "RCPT TO:{forward_path}{parameters}"),
            Self::Data => f.write_str("DATA"),
            Self::Bdat {
                octets,
                last: false,
            } => write!(f, "BDAT {octets}"),
            Self::Bdat { octets, last: true } => write!(f, "BDAT {octets} LAST"),
            Self::Rset => f.write_str("RSET"),
            Self::Noop => f.write_str("NOOP"),
            Self::Quit => f.write_str("QUIT"),
            Self::Vrfy => f.write_str("VRFY"),
            Self::Expn => f.write_str("EXPN"),
            Self::Help => f.write_str("HELP"),
            Self::StartTls => f.write_str("STARTTLS"),
            Self::Auth {
                mechanism,
                initial: None,
            } => write!(f, "AUTH {mechanism}"),
            Self::Auth {
                mechanism,
                initial: Some(_),
            } => write!(f, "AUTH {mechanism} [secret]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: &str) -> Option<CommandError> {
        parse_command(line.as_bytes()).err()
    }

    fn shown(line: &str) -> String {
        parse_command(line.as_bytes())
            .map(|command| command.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn reads_every_verb_in_any_case() {
        for (line, expected) in [
            ("ehlo [192.0.2.1]", "EHLO [192.0.2.1]"),
            ("HELO my_host", "HELO my_host"),
            ("LHLO x", "LHLO x"),
            ("mail from:<>", "MAIL FROM:<>"),
            ("MAIL FROM: <a@b>  ", "MAIL FROM:<a@b>"),
            ("RCPT TO:<a@b>", "RCPT TO:<a@b>"),
            ("DATA", "DATA"),
            ("DATA ", "DATA"),
            ("BDAT 12", "BDAT 12"),
            ("BDAT 0 last", "BDAT 0 LAST"),
            ("RSET", "RSET"),
            ("NOOP how are you", "NOOP"),
            ("QUIT", "QUIT"),
            ("VRFY a", "VRFY"),
            ("EXPN a", "EXPN"),
            ("HELP", "HELP"),
            ("STARTTLS", "STARTTLS"),
            ("AUTH plain", "AUTH PLAIN"),
            ("AUTH PLAIN AGEAYg==", "AUTH PLAIN [secret]"),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }

    #[test]
    fn an_equal_sign_is_an_empty_initial_response() {
        assert_eq!(
            parse_command(b"AUTH X ="),
            Ok(Command::Auth {
                mechanism: "X".into(),
                initial: Some(SaslResponse::new(Vec::new()))
            })
        );
    }

    #[test]
    fn says_what_is_wrong() {
        use CommandError::*;
        for (line, expected) in [
            ("", UnknownVerb),
            (" NOOP", UnknownVerb),
            ("GET / HTTP/1.1", UnknownVerb),
            ("NO\0OP", Malformed),
            ("NOOP\tx", Malformed),
            ("EHLO", BadArgument),
            ("EHLO a b", BadArgument),
            ("DATA x", BadArgument),
            ("STARTTLS now", BadArgument),
            ("BDAT", BadArgument),
            ("BDAT -1", BadArgument),
            ("BDAT +1", BadArgument),
            ("BDAT 99999999999999999999", BadArgument),
            ("BDAT 1 FIRST", BadArgument),
            ("BDAT 1  LAST", BadArgument),
            ("MAIL", BadArgument),
            ("MAIL TO:<a@b>", BadArgument),
            ("MAIL FROM:a@b", BadReversePath),
            ("MAIL FROM:<a@b>SIZE=1", BadReversePath),
            ("RCPT TO:<>", BadForwardPath),
            ("RCPT TO:<a@b> SIZE=1", UnknownParameter),
            ("MAIL FROM:<a@b> FOO", UnknownParameter),
            ("MAIL FROM:<a@b> SIZE", BadParameter),
            ("AUTH", BadArgument),
            ("AUTH PL$IN", BadArgument),
            ("AUTH PLAIN A", BadBase64),
            ("VRFY", BadArgument),
        ] {
            assert_eq!(error(line), Some(expected), "{line:?}");
        }
        assert_eq!(parse_command(b"NOOP \xFF"), Err(Malformed));
    }
}
