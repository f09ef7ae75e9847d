//! A message that arrives: who may send it, and what it changes in the recipient's object (RFC 5546, RFC 6638 4).

mod request;

mod cancel;

mod participation;

mod addition;

use crate::address::{Addresses, of, sent_by};
use crate::component::Component;
use crate::fault::Fault;
use crate::limits::MESSAGE_OCTETS_MAX;
use crate::line::{Line, unescape};
use crate::message::Message;
use crate::object::{Object, participant_mut};
use crate::organizer::invitation;
use crate::respond;
use crate::words::{Method, PartStat};

/// What a message turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A new invitation.
    Invited,
    /// A change that needs no new answer.
    Updated,
    /// Other times: the answer was reset.
    Rescheduled,
    /// The whole or some occurrences are cancelled.
    Cancelled,
    /// A participant answered.
    Replied,
    /// Somebody answered who is not invited. The organizer decides.
    Uninvited,
    /// A participant proposes something else. The organizer decides.
    Countered,
    /// The organizer refused a proposal.
    CounterDeclined,
    /// A participant asked for the newest version: it is in [`Effect::answer`].
    Refreshed,
    /// An occurrence was added to the series.
    Added,
    /// Made known without an invitation: to be offered, not to be stored.
    Published,
    /// Older than what is stored, or the same again: nothing happens.
    Stale,
    /// About an object that is not there. [`Effect::answer`] may ask for it.
    Unknown,
}

/// What becomes of the recipient's object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Change {
    /// It stays as it is.
    #[default]
    None,
    /// This is stored in its place, or as a new object.
    Store(String),
}

/// What a message does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What it turned out to be.
    pub kind: Kind,
    /// What becomes of the recipient's object.
    pub change: Change,
    /// RFC 6638 3.2.10: whether the schedule tag of the object changes. Answers of participants do not change it.
    pub significant: bool,
    /// RFC 6638 4.1: whether the message belongs into the recipient's scheduling inbox.
    pub shown: bool,
    /// The method of the message.
    pub method: Method,
    /// The `UID` of the object.
    pub uid: String,
    /// Who speaks: the organizer, or the participant who answers.
    pub from: String,
    /// Who sent it for `from`: show it, since for a new invitation nobody but the sender vouches for it.
    pub sent_by: Option<String>,
    /// Original starts of the occurrences it is about; empty where it is about the whole.
    pub instances: Vec<i64>,
    /// The answer, of a `REPLY`.
    pub part_stat: Option<PartStat>,
    /// The comment of the first component, unescaped.
    pub comment: Option<String>,
    /// Whether the recipient stands among the participants of a message from the organizer.
    pub invited: bool,
    /// A message to be sent back.
    pub answer: Option<Message>,
}

/// What an arriving message changes.
///
/// `stored` is the recipient's object with the message's `UID`, `recipient` all addresses of the recipient. `sender` is the
/// address whose right to send was checked (the authenticated author of a mail); nothing where the server itself delivers for
/// a principal whose right to act it has checked.
///
/// # Errors
/// [`Fault::NotAuthorized`] where the sender is neither the organizer of the stored object (or whom that object names in
/// `SENT-BY`) nor, for an answer, the participant; or where the message names another organizer than the stored object.
/// [`Fault::Malformed`], [`Fault::TooLarge`] and [`Fault::SameOrganizer`] for the texts.
pub fn received(
    stored: Option<&[u8]>,
    message: &[u8],
    recipient: &Addresses,
    sender: Option<&str>,
    now: i64,
) -> Result<Effect, Fault> {
    let message = Object::read_bounded(message, MESSAGE_OCTETS_MAX)?;
    let method = message
        .root
        .value("METHOD")
        .and_then(Method::parse)
        .ok_or(Fault::Malformed("there is no METHOD"))?;
    let stored = stored.map(Object::read).transpose()?;
    if stored
        .as_ref()
        .is_some_and(|stored| stored.uid != message.uid || stored.kind != message.kind)
    {
        return Err(Fault::Malformed("the message is about another object"));
    }
    let arrival = Arrival {
        stored: stored.as_ref(),
        message: &message,
        recipient,
        sender,
        now,
    };
    match method {
        Method::Request
        | Method::Cancel
        | Method::Add
        | Method::DeclineCounter
        | Method::Publish => arrival.of_organizer(method),
        Method::Reply | Method::Counter | Method::Refresh => arrival.of_participant(method),
    }
}

/// A message and all that is known when it comes.
#[derive(Clone, Copy, Debug)]
struct Arrival<'a> {
    stored: Option<&'a Object>,
    message: &'a Object,
    recipient: &'a Addresses,
    sender: Option<&'a str>,
    now: i64,
}

impl Arrival<'_> {
    fn of_organizer(&self, method: Method) -> Result<Effect, Fault> {
        let line = self
            .message
            .organizer()
            .ok_or(Fault::Malformed("there is no organizer"))?;
        self.may_organize()?;
        let mut effect = self.effect(method, line);
        // Whoever organizes the object himself knows it better than any message.
        if self
            .stored
            .and_then(Object::organizer_address)
            .is_some_and(|organizer| self.recipient.contains(&organizer))
        {
            return Ok(effect);
        }
        effect.invited = self
            .message
            .participants()
            .iter()
            .any(|address| self.recipient.contains(address));
        match method {
            Method::Request => self.request(&mut effect),
            Method::Cancel => self.cancel(&mut effect),
            Method::Add => self.addition(&mut effect)?,
            Method::DeclineCounter => effect.kind = Kind::CounterDeclined,
            Method::Publish | Method::Reply | Method::Refresh | Method::Counter => {
                effect.kind = Kind::Published
            }
        }
        effect.shown = effect.kind != Kind::Stale;
        effect.significant = matches!(effect.change, Change::Store(_));
        Ok(effect)
    }

    /// RFC 5546 6.1.1: only the organizer of what is stored may change it, or whom the stored object lets send for him. A new
    /// invitation may come from whom the message itself names: it changes nothing that is there.
    fn may_organize(&self) -> Result<(), Fault> {
        let organizer = self.message.organizer_address();
        if self
            .stored
            .is_some_and(|stored| stored.organizer_address() != organizer)
        {
            return Err(Fault::NotAuthorized);
        }
        let speakers = self.stored.unwrap_or(self.message).speakers();
        if self.sender.is_none_or(|sender| speakers.contains(sender)) {
            Ok(())
        } else {
            Err(Fault::NotAuthorized)
        }
    }

    fn of_participant(&self, method: Method) -> Result<Effect, Fault> {
        let line = self.answering()?;
        let Some(stored) = self.stored else {
            let mut effect = self.effect(method, line);
            effect.kind = Kind::Unknown;
            return Ok(effect);
        };
        self.may_answer(stored, line)?;
        let mut effect = self.effect(method, line);
        let is_invited = stored.participants().contains(&effect.from);
        effect.shown = true;
        match method {
            Method::Reply => self.participation(stored, line, &mut effect)?,
            _ if !is_invited => effect.kind = Kind::Uninvited,
            Method::Counter => effect.kind = Kind::Countered,
            Method::Refresh
            | Method::Publish
            | Method::Request
            | Method::Add
            | Method::Cancel
            | Method::DeclineCounter => {
                effect.kind = Kind::Refreshed;
                effect.shown = false;
                effect.answer = invitation(stored, &effect.from, self.now)?;
            }
        }
        Ok(effect)
    }

    /// RFC 5546 3.2.3: an answer is of one participant. RFC 5546 3.2.7: a proposal may name others; then the sender decides.
    fn answering(&self) -> Result<&Line, Fault> {
        let mut lines = self
            .message
            .items()
            .filter_map(|item| item.line("ATTENDEE"));
        let mut all = self.message.items().flat_map(|item| item.all("ATTENDEE"));
        let of_sender = all.find(|line| self.sender.is_some_and(|sender| sender_is(line, sender)));
        if let Some(line) = of_sender {
            return Ok(line);
        }
        let first = lines.next().ok_or(Fault::Malformed("nobody answers"))?;
        let all = self.message.items().flat_map(|item| item.all("ATTENDEE"));
        if all.map(of).all(|address| address == of(first)) {
            Ok(first)
        } else {
            Err(Fault::Malformed("several participants answer"))
        }
    }

    /// RFC 5546 6.1.2: a participant answers for himself. A deputy counts where the stored object names him.
    fn may_answer(&self, stored: &Object, line: &Line) -> Result<(), Fault> {
        if stored
            .organizer_address()
            .is_none_or(|organizer| !self.recipient.contains(&organizer))
        {
            return Err(Fault::NotAuthorized);
        }
        let Some(sender) = self.sender else {
            return Ok(());
        };
        let address = of(line);
        let mut known = stored
            .items()
            .flat_map(|item| item.all("ATTENDEE"))
            .filter(|line| of(line) == address);
        let is_deputy =
            known.any(|line| sent_by(line).as_deref() == Some(crate::normal(sender).as_str()));
        if is_deputy || sender_is(line, sender) {
            Ok(())
        } else {
            Err(Fault::NotAuthorized)
        }
    }

    fn effect(&self, method: Method, line: &Line) -> Effect {
        let comment = self
            .message
            .items()
            .find_map(|item| item.value("COMMENT"))
            .map(unescape);
        let is_whole = self.message.master().is_some();
        Effect {
            kind: Kind::Stale,
            change: Change::None,
            significant: false,
            shown: false,
            method,
            uid: self.message.uid.clone(),
            from: of(line),
            sent_by: sent_by(line),
            instances: if is_whole {
                Vec::new()
            } else {
                self.message.overridden()
            },
            part_stat: None,
            comment,
            invited: false,
            answer: None,
        }
    }

    fn unanswered(&self, item: &mut Component) {
        if let Some(line) = participant_mut(item, self.recipient) {
            line.set_parameter("PARTSTAT", Some(PartStat::NeedsAction.as_str()));
            line.set_parameter("RSVP", Some("TRUE"));
        }
    }

    /// RFC 5546 4.7.2: who does not have the object asks for it.
    fn ask(&self) -> Result<Option<Message>, Fault> {
        if self
            .message
            .participants()
            .iter()
            .any(|address| self.recipient.contains(address))
        {
            return respond::refresh_of(self.message, self.recipient, self.now).map(Some);
        }
        Ok(None)
    }
}

fn sender_is(line: &Line, sender: &str) -> bool {
    of(line) == crate::normal(sender)
}

/// A component of a message as it is stored.
///
/// RFC 6638 7: a message says nothing to the recipient's server about who sends what. RFC 5546 3.2.2: nobody sets alarms for others.
fn inward(item: &Component) -> Component {
    let mut item = item.clone();
    item.remove(&["REQUEST-STATUS"]);
    item.children.retain(|child| !child.is("VALARM"));
    for line in item
        .lines
        .iter_mut()
        .filter(|line| line.is_one_of(&["ATTENDEE", "ORGANIZER"]))
    {
        crate::message::strip_server_parameters(line);
    }
    item
}
