//! A policy (RFC 8461 3.2): its text, and which mail exchangers it allows.

#![warn(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic
)]

/// Octets of a policy (RFC 8461 3.3: 64 KiB is a sensible bound).
pub(super) const POLICY_OCTETS_MAX: usize = 64 * 1_024;

/// RFC 8461 3.2: the longest `max_age`, about a year.
const MAX_AGE_SECONDS_MAX: u32 = 31_557_600;

/// Patterns in one policy.
const PATTERNS_MAX: usize = 256;

/// A host name (RFC 1035 2.3.4).
const PATTERN_OCTETS_MAX: usize = 255;

/// What is to be done about mail exchangers that do not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// They get nothing.
    Enforce,
    /// They are reported.
    Testing,
    /// Nothing; as if there were no policy.
    None,
}

/// A policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// What is to be done.
    pub(crate) mode: Mode,
    /// Names of mail exchangers, in lower case, perhaps with `*.` in front.
    pub(crate) patterns: Vec<String>,
    /// How long it may be kept.
    pub(crate) max_age_seconds: u32,
}

/// Why a text is no policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// Larger than [`POLICY_OCTETS_MAX`], or not UTF-8.
    NotText,
    /// The version is not `STSv1`.
    Version,
    /// The mode is missing or unknown.
    Mode,
    /// `max_age` is missing or no number.
    MaxAge,
    /// There is no `mx`, or a malformed one, or too many.
    Mx,
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`Invalid`] with the first thing that is wrong.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Invalid> {
        if body.len() > POLICY_OCTETS_MAX {
            return Err(Invalid::NotText);
        }
        let text = std::str::from_utf8(body).map_err(|_| Invalid::NotText)?;
        let (mut version, mut mode, mut max_age) = (None, None, None);
        let mut patterns = Vec::new();
        for line in text.lines() {
            let Some((key, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim_ascii();
            match key.trim_ascii() {
                // RFC 8461 3.2: of a field that stands twice the first counts.
                "version" => version = version.or(Some(value)),
                "mode" => mode = mode.or(Some(value)),
                "max_age" => max_age = max_age.or(Some(value)),
                "mx" => patterns.push(pattern(value).ok_or(Invalid::Mx)?),
                _ => {}
            }
            if patterns.len() > PATTERNS_MAX {
                return Err(Invalid::Mx);
            }
        }
        if version != Some("STSv1") {
            return Err(Invalid::Version);
        }
        let mode = match mode {
            Some("enforce") => Mode::Enforce,
            Some("testing") => Mode::Testing,
            Some("none") => Mode::None,
            _ => return Err(Invalid::Mode),
        };
        // RFC 8461 3.2: in the modes enforce and testing there is at least one.
        if patterns.is_empty() && mode != Mode::None {
            return Err(Invalid::Mx);
        }
        Ok(Self {
            mode,
            patterns,
            max_age_seconds: max_age.and_then(seconds).ok_or(Invalid::MaxAge)?,
        })
    }

    /// Whether a mail exchanger fits.
    pub(crate) fn allows(&self, host: &str) -> bool {
        let host = host.to_ascii_lowercase();
        self.patterns.iter().any(|pattern| {
            match pattern.strip_prefix("*.") {
                // RFC 8461 4.1: the star stands for exactly one label.
                Some(parent) => host
                    .split_once('.')
                    .is_some_and(|(label, rest)| !label.is_empty() && rest == parent),
                None => *pattern == host,
            }
        })
    }

    /// Its lines, for reports (RFC 8460 4.4).
    pub(crate) fn strings(&self) -> Vec<String> {
        let mode = match self.mode {
            Mode::Enforce => "enforce",
            Mode::Testing => "testing",
            Mode::None => "none",
        };
        let mut lines = vec!["version: STSv1".to_owned(), format!("mode: {mode}")];
        lines.extend(self.patterns.iter().map(|pattern| format!("mx: {pattern}")));
        lines.push(format!("max_age: {}", self.max_age_seconds));
        lines
    }
}

/// `sts-policy-mx-value`: a host name, perhaps with a star as its first label.
fn pattern(value: &str) -> Option<String> {
    let name = value.strip_prefix("*.").unwrap_or(value);
    let label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_')
    };
    let right = value.len() <= PATTERN_OCTETS_MAX && name.split('.').all(label);
    right.then(|| value.to_ascii_lowercase())
}

/// `sts-policy-max-age-value`: 1 to 10 digits; more than a year is a year.
fn seconds(value: &str) -> Option<u32> {
    let digits = !value.is_empty() && value.len() <= 10;
    let right = digits && value.bytes().all(|octet| octet.is_ascii_digit());
    let seconds: u64 = right.then(|| value.parse().ok()).flatten()?;
    let max = u64::from(MAX_AGE_SECONDS_MAX);
    u32::try_from(seconds.min(max)).ok()
}

/// Reads arbitrary input as a policy.
pub(super) fn fuzz(input: &[u8]) {
    let Ok(policy) = Policy::read(input) else {
        return;
    };
    assert!(policy.patterns.len() <= PATTERNS_MAX, "too many patterns");
    assert!(policy.max_age_seconds <= MAX_AGE_SECONDS_MAX, "too old");
    let text = policy.strings().join("\n");
    assert_eq!(Policy::read(text.as_bytes()).as_ref(), Ok(&policy), "lost");
    for pattern in &policy.patterns {
        let host = pattern.replacen('*', "a", 1);
        assert!(policy.allows(&host), "does not allow its own");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Policy, Invalid> {
        fuzz(text.as_bytes());
        Policy::read(text.as_bytes())
    }

    #[test]
    fn reads_the_policy_of_the_standard() {
        let text = "version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.Example.net\r\n\
                    mx: backupmx.example.com\r\nmax_age: 604800\r\n";
        let policy = read(text).unwrap();
        assert_eq!(policy.mode, Mode::Enforce);
        assert_eq!(policy.max_age_seconds, 604_800);
        for (host, fits) in [
            ("mail.example.com", true),
            ("MAIL.EXAMPLE.COM", true),
            ("a.example.net", true),
            ("a.b.example.net", false),
            ("example.net", false),
            (".example.net", false),
            ("mail.example.org", false),
            ("xmail.example.com", false),
        ] {
            assert_eq!(policy.allows(host), fits, "{host}");
        }
    }

    #[test]
    fn the_first_of_a_field_counts_and_unknown_ones_do_not() {
        let policy =
            read("max_age:1\nfoo: x\nmode:none\nmode: enforce\nversion:STSv1\nline\nmax_age: 2")
                .unwrap();
        assert_eq!((policy.mode, policy.max_age_seconds), (Mode::None, 1));
        let policy = read("version: STSv1\nmode: testing\nmx: a.b\nmax_age: 9999999999").unwrap();
        assert_eq!(policy.max_age_seconds, MAX_AGE_SECONDS_MAX);
    }

    #[test]
    fn what_is_broken_is_no_policy() {
        for (text, invalid) in [
            ("", Invalid::Version),
            ("version: STSv2\nmode: none\nmax_age: 1", Invalid::Version),
            ("<html>version: STSv1", Invalid::Version),
            ("version: STSv1\nmax_age: 1", Invalid::Mode),
            ("version: STSv1\nmode: strict\nmax_age: 1", Invalid::Mode),
            ("version: STSv1\nmode: enforce\nmax_age: 1", Invalid::Mx),
            (
                "version: STSv1\nmode: enforce\nmx: a.*.b\nmax_age: 1",
                Invalid::Mx,
            ),
            (
                "version: STSv1\nmode: enforce\nmx: *\nmax_age: 1",
                Invalid::Mx,
            ),
            (
                "version: STSv1\nmode: enforce\nmx:\nmax_age: 1",
                Invalid::Mx,
            ),
            ("version: STSv1\nmode: none", Invalid::MaxAge),
            ("version: STSv1\nmode: none\nmax_age: -1", Invalid::MaxAge),
            (
                "version: STSv1\nmode: none\nmax_age: 12345678901",
                Invalid::MaxAge,
            ),
        ] {
            assert_eq!(read(text), Err(invalid), "{text}");
        }
        assert_eq!(Policy::read(b"\xff"), Err(Invalid::NotText));
        assert_eq!(
            Policy::read(&[b' '; POLICY_OCTETS_MAX + 1]),
            Err(Invalid::NotText)
        );
        let many = "mx: a.b\n".repeat(PATTERNS_MAX + 1);
        assert_eq!(read(&many), Err(Invalid::Mx));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text in "((version|mode|mx|max_age|x)(:| :) ?(STSv1|enforce|none|[*]?[.a-z]{0,6}|[0-9]{1,11})\r?\n){0,8}") {
            fuzz(text.as_bytes());
        }
    }
}
