//! Answers (RFC 5804 1.3, 4), written.

/// Octets of a text that is written as a quoted string; longer ones are literals (RFC 5804 4).
const QUOTED_OCTETS_MAX: usize = 1_024;

/// How a command ended (RFC 5804 1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It was done.
    Ok,
    /// It was not.
    No,
    /// The server ends the connection.
    Bye,
}

/// What programs read of an answer (RFC 5804 1.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Code {
    /// The mechanism is too weak for this person.
    AuthTooWeak,
    /// The mechanism needs encryption.
    EncryptNeeded,
    /// There is no room.
    Quota,
    /// There are as many scripts as there can be.
    QuotaMaxScripts,
    /// The script is too large.
    QuotaMaxSize,
    /// The last message of an exchange, in Base64.
    Sasl(String),
    /// Worth another try later.
    TryLater,
    /// The script is active.
    Active,
    /// There is no script of that name.
    NonExistent,
    /// There is one of that name.
    AlreadyExists,
    /// What `NOOP` gave to be repeated.
    Tag(Vec<u8>),
}

/// Writes answers into a buffer.
#[derive(Debug)]
pub struct Encoder<'b> {
    out: &'b mut Vec<u8>,
}

impl<'b> Encoder<'b> {
    /// Writes at the end of this buffer.
    pub fn new(out: &'b mut Vec<u8>) -> Self {
        Self { out }
    }

    /// The answer that ends a command.
    pub fn answer(&mut self, condition: Condition, code: Option<&Code>, text: &str) {
        let word: &[u8] = match condition {
            Condition::Ok => b"OK",
            Condition::No => b"NO",
            Condition::Bye => b"BYE",
        };
        self.out.extend_from_slice(word);
        if let Some(code) = code {
            self.code(code);
        }
        if !text.is_empty() {
            self.out.push(b' ');
            self.string(text.as_bytes());
        }
        self.end();
    }

    fn code(&mut self, code: &Code) {
        self.out.extend_from_slice(b" (");
        let (word, argument): (&str, Option<&[u8]>) = match code {
            Code::AuthTooWeak => ("AUTH-TOO-WEAK", None),
            Code::EncryptNeeded => ("ENCRYPT-NEEDED", None),
            Code::Quota => ("QUOTA", None),
            Code::QuotaMaxScripts => ("QUOTA/MAXSCRIPTS", None),
            Code::QuotaMaxSize => ("QUOTA/MAXSIZE", None),
            Code::Sasl(last) => ("SASL", Some(last.as_bytes())),
            Code::TryLater => ("TRYLATER", None),
            Code::Active => ("ACTIVE", None),
            Code::NonExistent => ("NONEXISTENT", None),
            Code::AlreadyExists => ("ALREADYEXISTS", None),
            Code::Tag(tag) => ("TAG", Some(tag)),
        };
        self.out.extend_from_slice(word.as_bytes());
        if let Some(argument) = argument {
            self.out.push(b' ');
            self.string(argument);
        }
        self.out.push(b')');
    }

    /// One capability with its value (RFC 5804 1.7).
    pub fn capability(&mut self, name: &str, value: Option<&str>) {
        self.string(name.as_bytes());
        if let Some(value) = value {
            self.out.push(b' ');
            self.string(value.as_bytes());
        }
        self.end();
    }

    /// One line of `LISTSCRIPTS` (RFC 5804 2.7).
    pub fn script(&mut self, name: &str, is_active: bool) {
        self.string(name.as_bytes());
        if is_active {
            self.out.extend_from_slice(b" ACTIVE");
        }
        self.end();
    }

    /// The text of a script (RFC 5804 2.9), or a challenge of an exchange (RFC 5804 2.1).
    pub fn string_line(&mut self, octets: &[u8]) {
        self.string(octets);
        self.end();
    }

    /// The text of a script, as a literal whatever is in it.
    pub fn script_text(&mut self, octets: &[u8]) {
        literal(octets, "", self.out);
        self.end();
    }

    fn string(&mut self, octets: &[u8]) {
        string(octets, "", self.out);
    }

    fn end(&mut self) {
        self.out.extend_from_slice(b"\r\n");
    }
}

/// A string: quoted where it can be, otherwise a literal.
pub(super) fn string(octets: &[u8], mark: &str, out: &mut Vec<u8>) {
    let is_forbidden = |octet: &u8| matches!(octet, b'\0' | b'\r' | b'\n');
    // RFC 5804 4: what is quoted is UTF-8.
    if octets.len() > QUOTED_OCTETS_MAX
        || octets.iter().any(is_forbidden)
        || str::from_utf8(octets).is_err()
    {
        return literal(octets, mark, out);
    }
    out.push(b'"');
    for octet in octets {
        if matches!(octet, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(*octet);
    }
    out.push(b'"');
}

fn literal(octets: &[u8], mark: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{{{}{mark}}}\r\n", octets.len()).as_bytes());
    out.extend_from_slice(octets);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl FnOnce(&mut Encoder<'_>)) -> String {
        let mut out = Vec::new();
        write(&mut Encoder::new(&mut out));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn answers() {
        for (condition, code, text, expected) in [
            (Condition::Ok, None, "", "OK\r\n"),
            (
                Condition::No,
                Some(Code::QuotaMaxSize),
                "Too \"big\"",
                "NO (QUOTA/MAXSIZE) \"Too \\\"big\\\"\"\r\n",
            ),
            (
                Condition::Ok,
                Some(Code::Tag(b"x\ny".to_vec())),
                "Done",
                "OK (TAG {3}\r\nx\ny) \"Done\"\r\n",
            ),
            (
                Condition::No,
                None,
                "line 1\r\nline 2",
                "NO {14}\r\nline 1\r\nline 2\r\n",
            ),
            (
                Condition::Bye,
                Some(Code::TryLater),
                "",
                "BYE (TRYLATER)\r\n",
            ),
        ] {
            let answer = written(|encoder| encoder.answer(condition, code.as_ref(), text));
            assert_eq!(answer, expected);
        }
    }

    #[test]
    fn lists() {
        assert_eq!(
            written(|encoder| encoder.script("a", true)),
            "\"a\" ACTIVE\r\n"
        );
        assert_eq!(
            written(|encoder| encoder.capability("SASL", Some(""))),
            "\"SASL\" \"\"\r\n"
        );
        assert_eq!(
            written(|encoder| encoder.script_text(b"keep;")),
            "{5}\r\nkeep;\r\n"
        );
    }
}
