//! Commands (RFC 5804 2), typed.

use std::borrow::Cow;
use std::fmt;

use super::lexer::Lexer;
use super::response::string;

/// A command of a client.
#[derive(Clone, PartialEq, Eq)]
pub enum Command<'a> {
    /// `AUTHENTICATE`.
    Authenticate {
        /// The mechanism's name.
        mechanism: Cow<'a, str>,
        /// The first message, in Base64.
        initial: Option<Cow<'a, [u8]>>,
    },
    /// `STARTTLS`.
    StartTls,
    /// `LOGOUT`.
    Logout,
    /// `CAPABILITY`.
    Capability,
    /// `HAVESPACE`.
    HaveSpace {
        /// The script's name.
        name: Cow<'a, str>,
        /// Its octets.
        octets: u32,
    },
    /// `PUTSCRIPT`.
    PutScript {
        /// The script's name.
        name: Cow<'a, str>,
        /// Its text.
        script: Cow<'a, [u8]>,
    },
    /// `LISTSCRIPTS`.
    ListScripts,
    /// `SETACTIVE`.
    SetActive {
        /// The script's name; empty for none.
        name: Cow<'a, str>,
    },
    /// `GETSCRIPT`.
    GetScript {
        /// The script's name.
        name: Cow<'a, str>,
    },
    /// `DELETESCRIPT`.
    DeleteScript {
        /// The script's name.
        name: Cow<'a, str>,
    },
    /// `RENAMESCRIPT`.
    RenameScript {
        /// The script's name.
        name: Cow<'a, str>,
        /// What it is to be called.
        new_name: Cow<'a, str>,
    },
    /// `CHECKSCRIPT`.
    CheckScript {
        /// The text.
        script: Cow<'a, [u8]>,
    },
    /// `NOOP`.
    Noop {
        /// What the answer repeats.
        tag: Option<Cow<'a, [u8]>>,
    },
    /// `UNAUTHENTICATE`.
    Unauthenticate,
}

/// Why octets are no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// There is no such command.
    #[error("Unknown command")]
    Unknown,
    /// It has other arguments.
    #[error("The command is not written so")]
    Syntax,
    /// A text is not UTF-8.
    #[error("The name is not UTF-8")]
    Utf8,
    /// A number is too large, or none.
    #[error("This is no number, or too large a number")]
    Number,
    /// A quoted string is longer than it may be.
    #[error("The quoted string is too long")]
    TooLong,
}

/// Reads a command, literals in place, without its line end.
///
/// # Errors
/// It is none.
pub fn parse(command: &[u8]) -> Result<Command<'_>, Fault> {
    let mut lexer = Lexer::new(command);
    let name = lexer.word()?;
    let is = |command: &str| name.eq_ignore_ascii_case(command);
    let parsed = if is("AUTHENTICATE") {
        lexer.space()?;
        let mechanism = lexer.text()?;
        let initial = match lexer.has_more() {
            true => {
                lexer.space()?;
                Some(lexer.string()?)
            }
            false => None,
        };
        Command::Authenticate { mechanism, initial }
    } else if is("STARTTLS") {
        Command::StartTls
    } else if is("LOGOUT") {
        Command::Logout
    } else if is("CAPABILITY") {
        Command::Capability
    } else if is("HAVESPACE") {
        lexer.space()?;
        let name = lexer.text()?;
        lexer.space()?;
        Command::HaveSpace {
            name,
            octets: lexer.number()?,
        }
    } else if is("PUTSCRIPT") {
        lexer.space()?;
        let name = lexer.text()?;
        lexer.space()?;
        Command::PutScript {
            name,
            script: lexer.string()?,
        }
    } else if is("LISTSCRIPTS") {
        Command::ListScripts
    } else if is("SETACTIVE") {
        lexer.space()?;
        Command::SetActive {
            name: lexer.text()?,
        }
    } else if is("GETSCRIPT") {
        lexer.space()?;
        Command::GetScript {
            name: lexer.text()?,
        }
    } else if is("DELETESCRIPT") {
        lexer.space()?;
        Command::DeleteScript {
            name: lexer.text()?,
        }
    } else if is("RENAMESCRIPT") {
        lexer.space()?;
        let name = lexer.text()?;
        lexer.space()?;
        Command::RenameScript {
            name,
            new_name: lexer.text()?,
        }
    } else if is("CHECKSCRIPT") {
        lexer.space()?;
        Command::CheckScript {
            script: lexer.string()?,
        }
    } else if is("NOOP") {
        let tag = match lexer.has_more() {
            true => {
                lexer.space()?;
                Some(lexer.string()?)
            }
            false => None,
        };
        Command::Noop { tag }
    } else if is("UNAUTHENTICATE") {
        Command::Unauthenticate
    } else {
        return Err(Fault::Unknown);
    };
    lexer.end()?;
    Ok(parsed)
}

/// Reads a message of an exchange (RFC 5804 2.1): one string, alone in its line.
pub(crate) fn parse_response(line: &[u8]) -> Result<Cow<'_, [u8]>, Fault> {
    let mut lexer = Lexer::new(line);
    let response = lexer.string()?;
    lexer.end()?;
    Ok(response)
}

impl Command<'_> {
    /// The command's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Authenticate { .. } => "AUTHENTICATE",
            Self::StartTls => "STARTTLS",
            Self::Logout => "LOGOUT",
            Self::Capability => "CAPABILITY",
            Self::HaveSpace { .. } => "HAVESPACE",
            Self::PutScript { .. } => "PUTSCRIPT",
            Self::ListScripts => "LISTSCRIPTS",
            Self::SetActive { .. } => "SETACTIVE",
            Self::GetScript { .. } => "GETSCRIPT",
            Self::DeleteScript { .. } => "DELETESCRIPT",
            Self::RenameScript { .. } => "RENAMESCRIPT",
            Self::CheckScript { .. } => "CHECKSCRIPT",
            Self::Noop { .. } => "NOOP",
            Self::Unauthenticate => "UNAUTHENTICATE",
        }
    }

    /// Writes it as a client does.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.name().as_bytes());
        let mut argument = |octets: &[u8]| {
            out.push(b' ');
            string(octets, "+", out);
        };
        match self {
            Self::Authenticate { mechanism, initial } => {
                argument(mechanism.as_bytes());
                if let Some(initial) = initial {
                    argument(initial);
                }
            }
            Self::HaveSpace { name, octets } => {
                argument(name.as_bytes());
                out.extend_from_slice(format!(" {octets}").as_bytes());
            }
            Self::PutScript { name, script } => {
                argument(name.as_bytes());
                argument(script);
            }
            Self::SetActive { name } | Self::GetScript { name } | Self::DeleteScript { name } => {
                argument(name.as_bytes());
            }
            Self::RenameScript { name, new_name } => {
                argument(name.as_bytes());
                argument(new_name.as_bytes());
            }
            Self::CheckScript { script } => argument(script),
            Self::Noop { tag: Some(tag) } => argument(tag),
            Self::Noop { tag: None }
            | Self::StartTls
            | Self::Logout
            | Self::Capability
            | Self::ListScripts
            | Self::Unauthenticate => {}
        }
        out.extend_from_slice(b"\r\n");
    }
}

impl fmt::Debug for Command<'_> {
    /// Without what is secret in it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authenticate { mechanism, .. } => write!(f, "AUTHENTICATE {mechanism} [secret]"),
            other => f.write_str(other.name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn again(command: &Command<'_>) {
        let mut written = Vec::new();
        command.encode(&mut written);
        let line = written.strip_suffix(b"\r\n").unwrap();
        assert_eq!(parse(line).as_ref(), Ok(command), "{}", line.escape_ascii());
    }

    #[test]
    fn examples_of_the_standard() {
        let put = parse(b"putscript \"mysievescript\" {3+}\r\nxyz").unwrap();
        assert_eq!(
            put,
            Command::PutScript {
                name: "mysievescript".into(),
                script: b"xyz"[..].into()
            }
        );
        let renamed = parse(b"RENAMESCRIPT \"a\\\"b\" {2+}\r\n\xc3\xbc").unwrap();
        assert_eq!(
            renamed,
            Command::RenameScript {
                name: "a\"b".into(),
                new_name: "ü".into()
            }
        );
        assert_eq!(
            parse(b"NOOP \"STARTTLS-SYNC-42\"").unwrap(),
            Command::Noop {
                tag: Some(b"STARTTLS-SYNC-42"[..].into())
            }
        );
    }

    #[test]
    fn what_is_no_command() {
        for (line, fault) in [
            (&b"FROBNICATE"[..], Fault::Unknown),
            (b"", Fault::Unknown),
            (b"LOGOUT now", Fault::Syntax),
            (b"HAVESPACE \"a\" 4294967296", Fault::Number),
            (b"HAVESPACE \"a\"", Fault::Syntax),
            (b"GETSCRIPT a", Fault::Syntax),
            (b"GETSCRIPT \"a\\x\"", Fault::Syntax),
            (b"GETSCRIPT \"\xff\"", Fault::Utf8),
            (b"PUTSCRIPT \"a\" {5+}\r\nabc", Fault::Syntax),
            (b"PUTSCRIPT \"a\" {3}\r\nabc", Fault::Syntax),
        ] {
            assert_eq!(parse(line), Err(fault), "{}", line.escape_ascii());
        }
        let long = format!("GETSCRIPT \"{}\"", "x".repeat(1_025));
        assert_eq!(parse(long.as_bytes()), Err(Fault::TooLong));
    }

    proptest! {
        #[test]
        fn every_command_comes_back(
            name in ".{0,40}",
            new_name in ".{0,40}",
            script in proptest::collection::vec(any::<u8>(), 0..200),
            octets: u32,
        ) {
            let name: Cow<'_, str> = Cow::Owned(name);
            let script: Cow<'_, [u8]> = Cow::Owned(script);
            again(&Command::PutScript { name: name.clone(), script: script.clone() });
            again(&Command::CheckScript { script: script.clone() });
            again(&Command::Noop { tag: Some(script) });
            again(&Command::HaveSpace { name: name.clone(), octets });
            again(&Command::RenameScript { name: name.clone(), new_name: new_name.into() });
            again(&Command::SetActive { name });
        }
    }
}
