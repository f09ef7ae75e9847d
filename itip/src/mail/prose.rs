//! Subject and text of a mail for people, in German and English.

use crate::component::Component;
use crate::line::{Line, unescape};
use crate::message::Message;
use crate::object::{Object, is_recurring, sequence};
use crate::occurrence::span;
use crate::time::is_date;
use crate::words::{Method, PartStat};

/// The language of a mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
}

/// What people read.
#[derive(Debug)]
pub(super) struct Prose {
    pub(super) subject: String,
    pub(super) body: String,
}

pub(super) fn of(object: &Object, message: &Message, language: Language) -> Prose {
    let words = Words::of(language);
    let item = object.items().next();
    let text = |name| {
        item.and_then(|item| item.value(name))
            .map(unescape)
            .unwrap_or_default()
    };
    let summary = text("SUMMARY");
    let title = if summary.trim().is_empty() {
        words.untitled.to_owned()
    } else {
        summary.replace('\n', " ")
    };
    let opening = words.opening(message.method, item);
    let mut rows = vec![(words.what, title.clone())];
    rows.extend(
        item.and_then(|item| when(object, item, language))
            .map(|when| (words.when, when)),
    );
    rows.push((words.place, text("LOCATION")));
    rows.push((
        words.organizer,
        object.organizer().map(named).unwrap_or_default(),
    ));
    if !message.method.is_of_organizer() {
        rows.push((
            words.participant,
            item.and_then(|item| item.line("ATTENDEE"))
                .map(named)
                .unwrap_or_default(),
        ));
    }
    rows.push((words.comment, text("COMMENT")));
    let mut body = format!("{opening}\n\n");
    for (name, value) in rows.iter().filter(|(_, value)| !value.trim().is_empty()) {
        body.push_str(&format!("{name}: {value}\n"));
    }
    let description = text("DESCRIPTION");
    if message.method.is_of_organizer() && !description.trim().is_empty() {
        body.push_str(&format!("\n{}\n", description.trim_end()));
    }
    Prose {
        subject: format!("{opening}: {title}"),
        body,
    }
}

/// The words of one language.
struct Words {
    language: Language,
    untitled: &'static str,
    what: &'static str,
    when: &'static str,
    place: &'static str,
    organizer: &'static str,
    participant: &'static str,
    comment: &'static str,
}

impl Words {
    const fn of(language: Language) -> Self {
        match language {
            Language::English => Self {
                language,
                untitled: "(no title)",
                what: "What",
                when: "When",
                place: "Where",
                organizer: "Organizer",
                participant: "Participant",
                comment: "Comment",
            },
            Language::German => Self {
                language,
                untitled: "(ohne Titel)",
                what: "Was",
                when: "Wann",
                place: "Wo",
                organizer: "Veranstalter",
                participant: "Teilnehmer",
                comment: "Kommentar",
            },
        }
    }

    fn opening(&self, method: Method, item: Option<&Component>) -> &'static str {
        let (english, german) = match method {
            Method::Publish => ("Announcement", "Bekanntgabe"),
            Method::Request if item.is_some_and(|item| sequence(item) > 0) => {
                ("Updated invitation", "Geänderte Einladung")
            }
            Method::Request => ("Invitation", "Einladung"),
            Method::Reply => answer(item),
            Method::Add => ("Further occurrence", "Weiterer Termin"),
            Method::Cancel => ("Cancelled", "Abgesagt"),
            Method::Refresh => (
                "Please send the invitation again",
                "Bitte die Einladung erneut senden",
            ),
            Method::Counter => ("New time proposed", "Neue Zeit vorgeschlagen"),
            Method::DeclineCounter => ("Proposal declined", "Vorschlag abgelehnt"),
        };
        match self.language {
            Language::English => english,
            Language::German => german,
        }
    }
}

fn answer(item: Option<&Component>) -> (&'static str, &'static str) {
    let said = item
        .and_then(|item| item.line("ATTENDEE"))
        .and_then(|line| line.parameter("PARTSTAT"));
    match said.map(|said| PartStat::parse(&said)).unwrap_or_default() {
        PartStat::NeedsAction => ("No answer yet", "Noch keine Antwort"),
        PartStat::Accepted => ("Accepted", "Zugesagt"),
        PartStat::Declined => ("Declined", "Abgelehnt"),
        PartStat::Tentative => ("Tentatively accepted", "Mit Vorbehalt zugesagt"),
        PartStat::Delegated => ("Delegated", "Delegiert"),
        PartStat::Completed => ("Completed", "Erledigt"),
        PartStat::InProcess => ("In progress", "In Arbeit"),
    }
}

/// Start and end on the clock of the event's own zone, which is named.
fn when(object: &Object, item: &Component, language: Language) -> Option<String> {
    let start = item.line("DTSTART").or_else(|| item.line("DUE"))?;
    let (from, to) = span(item, &object.zones)?;
    // RFC 5545 3.6.1: the end of a date is the day after.
    let to = if is_date(start) {
        to.saturating_sub(86_400).max(from)
    } else {
        to
    };
    let (from, to) = (
        shown(object, start, from, language)?,
        shown(object, start, to, language)?,
    );
    let zone = if is_date(start) {
        String::new()
    } else if start.value().trim().ends_with(['Z', 'z']) {
        " (UTC)".to_owned()
    } else {
        start
            .parameter("TZID")
            .map(|zone| format!(" ({zone})"))
            .unwrap_or_default()
    };
    let repeats = match (is_recurring(item), language) {
        (false, _) => "",
        (true, Language::English) => ", repeated",
        (true, Language::German) => ", wiederholt",
    };
    let span = if from == to {
        from
    } else {
        format!("{from} – {to}")
    };
    Some(format!("{span}{zone}{repeats}"))
}

fn shown(object: &Object, start: &Line, seconds: i64, language: Language) -> Option<String> {
    let value = object.zones.value_like(start, seconds)?;
    let (year, month, day) = (value.get(..4)?, value.get(4..6)?, value.get(6..8)?);
    let date = match language {
        Language::English => format!("{year}-{month}-{day}"),
        Language::German => format!("{day}.{month}.{year}"),
    };
    let time = value
        .get(9..11)
        .zip(value.get(11..13))
        .map(|(hour, minute)| format!(" {hour}:{minute}"));
    Some(date + &time.unwrap_or_default())
}

fn named(line: &Line) -> String {
    let address = crate::address::of(line);
    line.parameter("CN")
        .map_or_else(|| address.clone(), |name| format!("{name} <{address}>"))
}
