//! Where an email is to be, with which keywords, and how both change: properties of JMAP <-> the model's.

use groupware::{EmailUpdate, Error, KeywordUpdate, MailboxWish, SEVERAL_MAILBOXES};
use model::{KEYWORDS_PER_ACCOUNT_MAX, Keyword, MailboxId, Timestamp};
use serde_json::Value;

use crate::call::Call;
use crate::codec::argument::Arguments;
use crate::codec::patch::Patch;
use crate::error::SetError;

/// Where a new email is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placing {
    /// In which mailbox; none if nothing was said.
    pub(crate) mailbox: Option<MailboxId>,
    /// With which keywords; none if nothing was said.
    pub(crate) keywords: Option<Vec<Keyword>>,
    /// When it was received; none if nothing was said.
    pub(crate) received_at: Option<Timestamp>,
}

impl Placing {
    /// Reads `mailboxIds`, `keywords` and `receivedAt`.
    pub(crate) fn read(call: &Call, object: &mut Arguments) -> Result<Self, SetError> {
        let mailbox = object.set("mailboxIds")?.map(|ids| mailbox(call, &ids));
        let keywords = object.set("keywords")?.map(|names| keywords(&names));
        Ok(Self {
            mailbox: mailbox.transpose()?,
            keywords: keywords.transpose()?,
            received_at: object.date("receivedAt")?,
        })
    }

    /// The mailbox, which has to be said.
    pub(crate) fn required_mailbox(&self) -> Result<MailboxId, SetError> {
        // RFC 8621 4.1.1: an email is in a mailbox at all times.
        let missing =
            || SetError::invalid_property("mailboxIds", "An email has to be in a mailbox.");
        self.mailbox.ok_or_else(missing)
    }
}

/// RFC 8621 4.1.1, 1.3.1 `maxMailboxesPerEmail`: an email is in one mailbox.
fn mailbox(call: &Call, ids: &[String]) -> Result<MailboxId, SetError> {
    let no_mailbox = |why| SetError::invalid_property("mailboxIds", why);
    match ids {
        [] => Err(no_mailbox("An email has to be in a mailbox.")),
        [only] => call
            .id(only)
            .ok_or_else(|| no_mailbox("There is no such mailbox.")),
        _ => Err(SetError::new("tooManyMailboxes")),
    }
}

fn keyword(name: &str) -> Result<Keyword, SetError> {
    let keyword = Keyword::try_from(name);
    keyword.map_err(|error| SetError::invalid_property("keywords", error.to_string()))
}

fn keywords(names: &[String]) -> Result<Vec<Keyword>, SetError> {
    if names.len() > usize::from(KEYWORDS_PER_ACCOUNT_MAX) {
        return Err(SetError::new("tooManyKeywords"));
    }
    names.iter().map(|name| keyword(name)).collect()
}

/// What a patch wants of an email (RFC 8621 4.6: only keywords and mailboxes change).
pub(crate) fn update(call: &Call, patch: &Patch) -> Result<EmailUpdate, SetError> {
    let mut update = EmailUpdate::default();
    let (mut add, mut remove) = (Vec::new(), Vec::new());
    let (mut into, mut out_of) = (Vec::new(), Vec::new());
    for (steps, value) in patch.changes() {
        match steps {
            [name] if name == "keywords" => {
                let keywords = keywords(&members(name, value)?)?;
                update.keywords = Some(KeywordUpdate::Replace(keywords));
            }
            [name, member] if name == "keywords" => {
                let keyword = keyword(member)?;
                match is_set(name, value)? {
                    true => add.push(keyword),
                    false => remove.push(keyword),
                }
            }
            [name] if name == "mailboxIds" => {
                let mailbox = mailbox(call, &members(name, value)?)?;
                update.mailbox = Some(MailboxWish::Only(mailbox));
            }
            [name, member] if name == "mailboxIds" => match (is_set(name, value)?, call.id(member))
            {
                (true, Some(mailbox)) => into.push(mailbox),
                (false, Some(mailbox)) => out_of.push(mailbox),
                (true, None) => {
                    let why = "There is no such mailbox.";
                    return Err(SetError::invalid_property("mailboxIds", why));
                }
                // It is in none that is not there.
                (false, None) => {}
            },
            _ => {
                let name = steps.first().map_or("", String::as_str);
                let why = "Of an email only keywords and mailboxes change.";
                return Err(SetError::invalid_property(name, why));
            }
        }
    }
    if !add.is_empty() || !remove.is_empty() {
        update.keywords = Some(KeywordUpdate::Patch { add, remove });
    }
    if !into.is_empty() || !out_of.is_empty() {
        update.mailbox = Some(MailboxWish::Patch {
            add: into,
            remove: out_of,
        });
    }
    Ok(update)
}

/// A set; `null` is the one that is there by default, which is empty (RFC 8620 5.3, RFC 8621 4.1.1).
fn members(name: &str, value: &Value) -> Result<Vec<String>, SetError> {
    let mut whole = Arguments::default();
    whole.0.insert(name.to_owned(), value.clone());
    Ok(whole.set(name)?.unwrap_or_default())
}

/// RFC 8621 4.1.1: a member of a set is there or taken away.
fn is_set(name: &str, value: &Value) -> Result<bool, SetError> {
    match value {
        Value::Bool(true) => Ok(true),
        Value::Null => Ok(false),
        value if quirk_jmap_client_false(value) => Ok(false),
        _ => Err(SetError::invalid_property(
            name,
            "A member of a set is true, or null to take it away.",
        )),
    }
}

/// Departs from RFC 8620 5.3, which has `null` for what is taken away: the crate `jmap-client` sends `false`.
fn quirk_jmap_client_false(value: &Value) -> bool {
    *value == Value::Bool(false)
}

/// What became of an email, in the words of RFC 8621 4.6.
pub(crate) fn set_error(error: Error) -> SetError {
    match error {
        SEVERAL_MAILBOXES => SetError::new("tooManyMailboxes"),
        Error::Limit(words) => SetError::new("tooManyKeywords").because(words),
        Error::Invalid {
            field: "mailbox",
            why,
        } => SetError::invalid_property("mailboxIds", why),
        other => other.into(),
    }
}
