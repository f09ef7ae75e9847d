//! `[witness]`: which logs we witness, and which witnesses we ask to fix our own history.

use std::fs;
use std::path::{Path, PathBuf};

use seal::{Policy, VerifierKey, WitnessKey};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::problem::{Exit, Problem};

/// Logs that one witness looks after: its memory has room for as many.
pub(crate) const LOGS_MAX: usize = 256;
/// Witnesses that are asked.
const ASKED_MAX: usize = 64;
/// The longest that a new checkpoint may wait to be shown to the witnesses, in seconds.
const INTERVAL_SECONDS_MAX: u32 = 86_400;

/// The section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Witness {
    /// The keys of the logs that we witness, as their owners gave them to us.
    #[serde(deserialize_with = "logs")]
    pub(crate) logs: Vec<VerifierKey>,
    /// How often a new checkpoint is shown to the witnesses, in seconds.
    #[serde(deserialize_with = "interval")]
    pub(crate) interval_seconds: u32,
    /// The witnesses that we ask.
    ask: Vec<Asked>,
    /// How many of them must have cosigned.
    quorum: Quorum,
    /// A file of C2SP tlog-policy, in the place of `ask` and `quorum`.
    policy: Option<PathBuf>,
    /// What comes of the three, and its text.
    #[serde(skip)]
    asked: Option<(Policy, String)>,
}

impl Default for Witness {
    fn default() -> Self {
        Self {
            logs: Vec::new(),
            interval_seconds: 10,
            ask: Vec::new(),
            quorum: Quorum::Word("any".to_owned()),
            policy: None,
            asked: None,
        }
    }
}

/// One witness that is asked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// What it is called here.
    name: String,
    /// Its key.
    #[serde(deserialize_with = "parsed")]
    key: WitnessKey,
    /// Where it is: what comes before `/add-checkpoint`.
    url: String,
}

/// How many are enough.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum Quorum {
    Number(u32),
    Word(String),
}

impl Witness {
    pub(super) fn resolve_paths(&mut self, folder: &Path) {
        if let Some(policy) = &mut self.policy {
            *policy = folder.join(&*policy);
        }
    }

    /// Reads the policy, or makes one of what stands here; once the paths are known.
    pub(super) fn load(&mut self) -> Result<(), Problem> {
        let wrong = |what: String| Problem::new(Exit::Config, what);
        self.asked = match &self.policy {
            Some(_) if !self.ask.is_empty() => {
                let what = "`[witness]` has both `policy` and `ask`: the file names the witnesses, so leave one out";
                return Err(wrong(what.to_owned()));
            }
            Some(path) => {
                let shown = path.display();
                let octets = read(path)?;
                let policy = Policy::parse(&octets)
                    .map_err(|error| wrong(format!("`{shown}` is no policy: {error}")))?;
                Some((policy, String::from_utf8_lossy(&octets).into_owned()))
            }
            None if self.ask.is_empty() => None,
            None => {
                let text = self.text();
                let policy = Policy::parse(text.as_bytes())
                    .map_err(|error| wrong(format!("`[witness]`: {error}")))?;
                Some((policy, text))
            }
        };
        for witness in self.asked.iter().flat_map(|(policy, _)| policy.witnesses()) {
            let name = &witness.name;
            match &witness.url {
                Some(url) if url.starts_with("https://") || url.starts_with("http://") => {}
                _ => {
                    let what =
                        format!("the witness `{name}` needs a URL that begins with `https://`");
                    return Err(wrong(what));
                }
            }
        }
        let count = self
            .asked
            .as_ref()
            .map_or(0, |(policy, _)| policy.witnesses().len());
        match count {
            0..=ASKED_MAX => Ok(()),
            _ => Err(wrong(format!("at most {ASKED_MAX} witnesses can be asked"))),
        }
    }

    /// The witnesses that are asked, and how many are enough; none if none is.
    pub(crate) fn asked(&self) -> Option<&Policy> {
        self.asked
            .as_ref()
            .map(|(policy, _)| policy)
            .filter(|policy| !policy.witnesses().is_empty())
    }

    /// The same as a file of C2SP tlog-policy.
    pub(crate) fn policy_text(&self) -> Option<&str> {
        self.asked.as_ref().map(|(_, text)| text.as_str())
    }

    /// What stands here as a file of C2SP tlog-policy.
    fn text(&self) -> String {
        let mut text = String::new();
        for Asked { name, key, url } in &self.ask {
            text.push_str(&format!("witness {name} {key} {url}\n"));
        }
        let names: Vec<_> = self.ask.iter().map(|asked| asked.name.as_str()).collect();
        let threshold = match &self.quorum {
            Quorum::Number(number) => number.to_string(),
            Quorum::Word(word) => word.clone(),
        };
        // Nobody is called so: a name in the file has no tab in it.
        let group = "all-of-wachpost.toml";
        text.push_str(&format!(
            "group {group} {threshold} {}\nquorum {group}\n",
            names.join(" ")
        ));
        text
    }

    /// The TCP ports at which witnesses listen.
    pub(crate) fn ports(&self) -> impl Iterator<Item = u16> + '_ {
        let witnesses = self.asked().into_iter().flat_map(Policy::witnesses);
        witnesses.filter_map(|witness| {
            let authority = witness.url.as_deref()?.split('/').nth(2)?;
            authority.rsplit(':').next()?.parse().ok()
        })
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    let metadata = fs::metadata(path).map_err(|error| Problem::file("read", path, &error))?;
    if metadata.len() > Policy::BYTES_MAX as u64 {
        let message = format!("`{}` is too large for a policy", path.display());
        return Err(Problem::new(Exit::Config, message));
    }
    fs::read(path).map_err(|error| Problem::file("read", path, &error))
}

fn logs<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<VerifierKey>, D::Error> {
    let logs: Vec<VerifierKey> = super::egress::all_parsed(deserializer)?;
    if logs.len() > LOGS_MAX {
        return Err(D::Error::custom(format!(
            "at most {LOGS_MAX} logs can be witnessed"
        )));
    }
    Ok(logs)
}

fn parsed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<WitnessKey, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(D::Error::custom)
}

fn interval<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        seconds @ 1..=INTERVAL_SECONDS_MAX => Ok(seconds),
        _ => Err(D::Error::custom(format!(
            "write a number of seconds from 1 to {INTERVAL_SECONDS_MAX}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use seal::{CosignatureKind, WitnessSigningKey};

    use super::*;

    fn key(seed: u8) -> String {
        let name = format!("w{seed}.example").parse().unwrap();
        let key = WitnessSigningKey::from_seed(name, CosignatureKind::Ed25519, &[seed; 32]);
        key.verifier().to_string()
    }

    fn ask(seed: u8) -> String {
        format!(
            "[[ask]]\nname = \"w{seed}\"\nkey = \"{}\"\nurl = \"https://w{seed}.example:8126/\"\n",
            key(seed)
        )
    }

    fn load(text: &str) -> Result<Witness, String> {
        let mut section: Witness = toml::from_str(text).map_err(|error| error.to_string())?;
        section.load().map_err(|problem| problem.message)?;
        Ok(section)
    }

    #[test]
    fn witnesses_are_asked_as_the_section_says() {
        for (quorum, enough) in [
            ("", 1),
            ("quorum = \"all\"\n", 3),
            ("quorum = 2\n", 2),
            ("quorum = \"any\"\n", 1),
        ] {
            let section = load(&format!("{quorum}{}{}{}", ask(1), ask(2), ask(3))).unwrap();
            let policy = section.asked().unwrap();
            assert!(policy.is_met(|place| place < enough));
            assert!(!policy.is_met(|place| place + 1 < enough));
            assert_eq!(section.ports().collect::<Vec<_>>(), [8126, 8126, 8126]);
        }
        assert!(load("").unwrap().asked().is_none());
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, what) in [
            (format!("quorum = 4\n{}", ask(1)), "a number from 1"),
            (format!("quorum = \"most\"\n{}", ask(1)), "a number from 1"),
            (format!("{}{}", ask(1), ask(1)), "already"),
            (ask(1).replace("https", "ftp"), "needs a URL"),
            (
                ask(1).replace("name = \"w1\"", "name = \"w 1\""),
                "is wanted",
            ),
            ("interval_seconds = 0".to_owned(), "from 1 to"),
            (format!("logs = [\"{}\"]", key(1)), "0x04"),
            ("policy = \"/nowhere/policy\"".to_owned(), "/nowhere/policy"),
            (format!("policy = \"a\"\n{}", ask(1)), "leave one out"),
            ("other = 1".to_owned(), "unknown field"),
        ] {
            let error = load(&text).unwrap_err();
            assert!(error.contains(what), "{text}: {error}");
        }
    }

    #[test]
    fn a_policy_file_names_them_as_well() {
        let folder = tempfile::tempdir().unwrap();
        let text = format!("witness w {} https://w.example\nquorum w\n", key(1));
        fs::write(folder.path().join("a.policy"), text).unwrap();
        let mut section: Witness = toml::from_str("policy = \"a.policy\"").unwrap();
        section.resolve_paths(folder.path());
        section.load().unwrap();
        assert_eq!(section.asked().unwrap().witnesses()[0].name, "w");
    }
}
