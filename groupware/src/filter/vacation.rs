//! Out of office: the answer an account gives while its owner is away, without anybody having to know Sieve.
//!
//! The setting is what RFC 8621 8 calls VacationResponse, with a text of its own for people outside the house. It becomes a
//! script of one command, which runs besides the account's own and only answers: so every rule about whom not to answer is
//! the same in both (RFC 5230 4.5, 4.6).

use std::sync::Arc;

use model::{AccountId, Timestamp};
use serde::{Deserialize, Serialize};
use sieve::Script;

use super::ScriptError;
use super::compose::base64_lines;
use crate::Groupware;
use crate::caller::Caller;
use crate::error::Error;

/// Octets of one text of an answer.
pub const VACATION_TEXT_OCTETS_MAX: usize = 32 * 1024;
/// Characters of the subject of an answer. RFC 5322 2.1.1: a line has 998 octets at most.
pub const VACATION_SUBJECT_CHARACTERS_MAX: usize = 200;

/// The property of the scripts' collection that holds the setting.
pub(crate) const AWAY: &str = "away";

/// Days until somebody who writes again is told again (RFC 5230 4.1).
const DAYS: u32 = 7;

/// What people are told who write to somebody who is away (RFC 8621 8).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VacationSetting {
    /// Whether it is in force, within its dates.
    pub is_enabled: bool,
    /// From when on; none for at once.
    pub from: Option<Timestamp>,
    /// Until when; none for as long as it is enabled.
    pub until: Option<Timestamp>,
    /// The subject; none for the subject of what is answered.
    pub subject: Option<String>,
    /// The text for everybody in the house.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// What people outside are told.
    pub outside: Outside,
}

/// What people outside the house are told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outside {
    /// The same as those inside.
    #[default]
    Same,
    /// Something else.
    Text(String),
    /// Nothing.
    Silent,
}

/// A setting, ready to answer.
#[derive(Debug)]
pub(crate) struct Away {
    is_enabled: bool,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
    inside: Option<Arc<Script>>,
    outside: Option<Arc<Script>>,
}

impl Groupware {
    /// What people are told who write to the account; off where nothing was ever set.
    ///
    /// # Errors
    /// Only the owner knows.
    pub async fn vacation(
        &self,
        caller: &Caller,
        account: AccountId,
    ) -> Result<VacationSetting, Error> {
        let kept = self.kept_scripts(caller, account).await?;
        let setting = kept.said(AWAY).map(serde_json::from_str);
        match setting.transpose() {
            Ok(setting) => Ok(setting.unwrap_or_default()),
            Err(error) => Err(Error::internal(&error)),
        }
    }

    /// Sets what people are told who write to the account. Whoever was told something else before is told again.
    ///
    /// # Errors
    /// Only the owner sets it. [`Error::Invalid`] says what of it cannot be.
    pub async fn set_vacation(
        &self,
        caller: &Caller,
        account: AccountId,
        setting: &VacationSetting,
    ) -> Result<(), Error> {
        setting.check()?;
        let text = serde_json::to_string(setting).map_err(|error| Error::internal(&error))?;
        let set = self.change_scripts(caller, account, |kept| {
            if kept.said(AWAY) == Some(text.as_str()) {
                return Ok(Vec::new());
            }
            Ok(vec![kept.say(AWAY, Some(&text))])
        });
        match set.await {
            Ok(()) => Ok(()),
            Err(ScriptError::Failed(error)) => Err(error),
            Err(other) => Err(Error::internal(&other)),
        }
    }
}

impl VacationSetting {
    fn check(&self) -> Result<(), Error> {
        let invalid = |field, why| Err(Error::Invalid { field, why });
        let outside = match &self.outside {
            Outside::Text(text) => text.as_str(),
            Outside::Same | Outside::Silent => "",
        };
        let texts = [&self.text, outside, self.html.as_deref().unwrap_or("")];
        if texts
            .iter()
            .any(|text| text.len() > VACATION_TEXT_OCTETS_MAX)
        {
            return invalid("text", "The text is too long.");
        }
        if texts.iter().any(|text| text.contains('\0')) {
            return invalid("text", "The text has a character that no mail can have.");
        }
        if let Some(subject) = &self.subject
            && (subject.chars().count() > VACATION_SUBJECT_CHARACTERS_MAX
                || subject.chars().any(char::is_control))
        {
            return invalid(
                "subject",
                "The subject is one line of 200 characters at most.",
            );
        }
        if let (Some(from), Some(until)) = (self.from, self.until)
            && from >= until
        {
            return invalid("until", "It ends before it begins.");
        }
        if self.is_enabled && self.text.trim().is_empty() && self.html.is_none() {
            return invalid("text", "There is nothing to say.");
        }
        Ok(())
    }

    /// The script of one command that says a text.
    fn script(&self, text: &str, html: Option<&str>) -> String {
        // Another text is another answer: whoever had the old one gets it (RFC 5230 4.2).
        let mut hasher = blake3::Hasher::new();
        for part in [
            self.subject.as_deref().unwrap_or(""),
            text,
            html.unwrap_or(""),
        ] {
            hasher.update(part.as_bytes()).update(&[0]);
        }
        hasher.update(&self.from.map_or(0, |from| from.0).to_be_bytes());
        let handle = hasher.finalize().to_hex();
        let subject = match &self.subject {
            Some(subject) => format!(" :subject {}", quoted(subject)),
            None => String::new(),
        };
        let (mime, body) = match html {
            None => ("", text.to_owned()),
            Some(html) => (" :mime", alternative(text, html, handle.as_str())),
        };
        format!(
            "require \"vacation\";\r\nvacation :days {DAYS} :handle \"away-{handle}\"{subject}{mime} {};\r\n",
            quoted(&body)
        )
    }
}

impl Away {
    /// The setting as it is kept; nothing where it is off.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let setting: VacationSetting = serde_json::from_str(text).ok()?;
        let compiled = |text: &str, html: Option<&str>| {
            let script = Script::parse(setting.script(text, html).as_bytes());
            match script {
                Ok(script) => Some(Arc::new(script)),
                Err(fault) => {
                    tracing::error!(error = %fault, "an out-of-office answer is no script");
                    None
                }
            }
        };
        let inside = compiled(&setting.text, setting.html.as_deref());
        Some(Self {
            is_enabled: setting.is_enabled,
            from: setting.from,
            until: setting.until,
            outside: match &setting.outside {
                Outside::Same => inside.clone(),
                Outside::Text(text) => compiled(text, None),
                Outside::Silent => None,
            },
            inside,
        })
    }

    /// Whether it is in force at that time.
    pub(crate) fn is_in_force(&self, now: Timestamp) -> bool {
        self.is_enabled
            && self.from.is_none_or(|from| from <= now)
            && self.until.is_none_or(|until| now < until)
    }

    /// The script that answers somebody inside or outside.
    pub(crate) fn script(&self, is_inside: bool) -> Option<&Arc<Script>> {
        if is_inside {
            self.inside.as_ref()
        } else {
            self.outside.as_ref()
        }
    }
}

/// RFC 5228 2.4.2: a quoted string, in which only `"` and `\` are escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted.push('"');
    quoted
}

/// Both forms of one text, as a MIME entity (RFC 2046 5.1.4).
fn alternative(text: &str, html: &str, boundary: &str) -> String {
    let part = |kind: &str, content: &str| {
        // Lines of any length and any characters: Base64 carries them all (RFC 2045 6.8).
        let encoded = base64_lines(content.as_bytes());
        format!(
            "--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}"
        )
    };
    format!(
        "Content-Type: multipart/alternative; boundary=\"{boundary}\"\r\n\r\n{}{}--{boundary}--\r\n",
        part("plain", text),
        part("html", html)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setting() -> VacationSetting {
        VacationSetting {
            is_enabled: true,
            text: "Bin weg. \"Gruß\" \\ Anna\r\n.\r\nBis bald".into(),
            ..VacationSetting::default()
        }
    }

    #[test]
    fn every_setting_is_a_script() {
        let all = [
            setting(),
            VacationSetting {
                subject: Some("Nicht da: \"Urlaub\"".into()),
                html: Some("<p>weg</p>".into()),
                outside: Outside::Text("away".into()),
                ..setting()
            },
        ];
        for setting in all {
            setting.check().unwrap();
            let text = serde_json::to_string(&setting).unwrap();
            let away = Away::read(&text).unwrap();
            assert!(away.script(true).is_some() && away.script(false).is_some());
        }
    }

    #[test]
    fn it_holds_within_its_dates() {
        let away = |from, until| {
            let setting = VacationSetting {
                from,
                until,
                ..setting()
            };
            Away::read(&serde_json::to_string(&setting).unwrap()).unwrap()
        };
        let at = |seconds| Some(Timestamp::from_seconds(seconds));
        let now = Timestamp::from_seconds(100);
        assert!(away(None, None).is_in_force(now));
        assert!(away(at(100), at(101)).is_in_force(now));
        assert!(!away(at(101), None).is_in_force(now));
        assert!(!away(None, at(100)).is_in_force(now));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let at = |seconds| Some(Timestamp::from_seconds(seconds));
        for wrong in [
            VacationSetting {
                text: "  ".into(),
                ..setting()
            },
            VacationSetting {
                subject: Some("a\r\nBcc: x".into()),
                ..setting()
            },
            VacationSetting {
                from: at(2),
                until: at(1),
                ..setting()
            },
            VacationSetting {
                outside: Outside::Text("x".repeat(VACATION_TEXT_OCTETS_MAX + 1)),
                ..setting()
            },
        ] {
            assert!(matches!(wrong.check(), Err(Error::Invalid { .. })));
        }
    }
}
