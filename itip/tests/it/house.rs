//! People with calendars, and messages between them.

use std::collections::BTreeMap;

use itip::{
    Addresses, Attendance, Change, Effect, Fault, Kind, Message, Method, PartStat, Plan, Scheduled,
    attendee_changed, organizer_changed, received,
};

pub(crate) const ANNA: &str = "anna@example.org";
pub(crate) const BEN: &str = "ben@example.org";
pub(crate) const EVA: &str = "eva@example.org";

/// 2025-02-01T00:00:00Z: when the tests begin.
pub(crate) const BEGIN: i64 = 1_738_368_000;

/// People, each with one object of the same `UID`.
#[derive(Clone, Debug, Default)]
pub(crate) struct House {
    pub(crate) now: i64,
    pub(crate) calendars: BTreeMap<String, String>,
}

impl House {
    pub(crate) fn new() -> Self {
        Self {
            now: BEGIN,
            calendars: BTreeMap::new(),
        }
    }

    /// Texts are kept unfolded, so that tests can look for what stands in them.
    pub(crate) fn put(&mut self, who: &str, text: &str) {
        self.calendars
            .insert(who.to_owned(), text.replace("\r\n ", ""));
    }

    pub(crate) fn text(&self, who: &str) -> &str {
        self.calendars.get(who).map_or("", String::as_str)
    }

    pub(crate) fn view(&self, who: &str) -> Scheduled {
        Scheduled::read(self.text(who).as_bytes()).unwrap()
    }

    /// The organizer stores `text`; what that asks for is delivered.
    pub(crate) fn organize(&mut self, who: &str, text: &str) -> Vec<Message> {
        self.now += 60;
        let old = self.calendars.get(who).cloned();
        let plan = organizer_changed(
            old.as_deref().map(str::as_bytes),
            Some(text.as_bytes()),
            &one(who),
            self.now,
        )
        .unwrap();
        self.put(who, plan.text.as_deref().unwrap_or(text));
        self.deliver(&plan.messages);
        plan.messages
    }

    /// The organizer deletes the object.
    pub(crate) fn call_off(&mut self, who: &str) -> Vec<Message> {
        self.now += 60;
        let old = self.calendars.remove(who).unwrap();
        let plan = organizer_changed(Some(old.as_bytes()), None, &one(who), self.now).unwrap();
        self.deliver(&plan.messages);
        plan.messages
    }

    /// A participant stores `text` in place of his copy.
    pub(crate) fn attend(&mut self, who: &str, text: &str) -> Result<Vec<Message>, Fault> {
        self.now += 60;
        let plan = self.plan(who, Some(text), Attendance::Told)?;
        self.put(who, plan.text.as_deref().unwrap_or(text));
        self.deliver(&plan.messages);
        Ok(plan.messages)
    }

    pub(crate) fn plan(
        &self,
        who: &str,
        text: Option<&str>,
        attendance: Attendance,
    ) -> Result<Plan, Fault> {
        let old = self.calendars.get(who).map(String::as_bytes);
        attendee_changed(
            old,
            text.map(str::as_bytes),
            &one(who),
            attendance,
            self.now,
        )
    }

    pub(crate) fn answer(
        &mut self,
        who: &str,
        part_stat: PartStat,
        instance: Option<i64>,
    ) -> Message {
        self.now += 60;
        let answer = itip::Answer {
            part_stat,
            comment: None,
            instance,
        };
        let replied = itip::reply(self.text(who).as_bytes(), &one(who), answer, self.now).unwrap();
        self.put(who, &replied.text);
        self.deliver(std::slice::from_ref(&replied.message));
        replied.message
    }

    pub(crate) fn deliver(&mut self, messages: &[Message]) {
        for message in messages {
            self.receive(message);
        }
    }

    pub(crate) fn receive(&mut self, message: &Message) -> Effect {
        let stored = self.calendars.get(&message.to).cloned();
        let stored = stored.as_deref().map(str::as_bytes);
        let effect = received(
            stored,
            message.text.as_bytes(),
            &one(&message.to),
            Some(&message.from),
            self.now,
        )
        .unwrap();
        if let Change::Store(text) = &effect.change {
            self.put(&message.to, text);
        }
        effect
    }

    /// What `whose` calendar says that `who` answered.
    pub(crate) fn said(&self, whose: &str, who: &str, instance: Option<i64>) -> Option<PartStat> {
        let view = self.view(whose);
        let component = view
            .components
            .iter()
            .find(|component| component.instance == instance)?;
        component
            .participants
            .iter()
            .find(|participant| participant.address == who)
            .map(|participant| participant.part_stat)
    }
}

pub(crate) fn one(who: &str) -> Addresses {
    Addresses::new([who])
}

pub(crate) fn told(messages: &[Message]) -> Vec<(Method, &str)> {
    messages
        .iter()
        .map(|message| (message.method, message.to.as_str()))
        .collect()
}

/// A calendar with the lines of one or more components, LF for CRLF.
pub(crate) fn calendar(components: &[&str]) -> String {
    let body: String = components
        .iter()
        .map(|lines| {
            format!(
                "BEGIN:VEVENT\nUID:weekly@example.org\n{}\nEND:VEVENT\n",
                lines.trim()
            )
        })
        .collect();
    format!("BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//test//EN\n{body}END:VCALENDAR\n")
        .replace('\n', "\r\n")
}

/// Anna meets Ben and Eva every Monday at nine in Berlin; the clocks change on 2025-03-30.
pub(crate) const WEEKLY: &str = "DTSTAMP:20250201T000000Z
DTSTART;TZID=Europe/Berlin:20250303T090000
DTEND;TZID=Europe/Berlin:20250303T100000
RRULE:FREQ=WEEKLY;COUNT=10
SUMMARY:Budget
LOCATION:Raum 4
ORGANIZER;CN=Anna:mailto:anna@example.org
ATTENDEE;CN=Anna;PARTSTAT=ACCEPTED:mailto:anna@example.org
ATTENDEE;CN=Ben;PARTSTAT=NEEDS-ACTION;RSVP=TRUE;X-SEAT=\"4;b\":mailto:ben@example.org
ATTENDEE;CN=Eva;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:eva@example.org
X-ROOM-PLAN;X-A=\"b,c\":as\\, it; was";

/// 2025-03-24T08:00Z, the last Monday of winter time, and 2025-03-31T07:00Z, the first of summer time.
pub(crate) const WINTER: i64 = 1_742_803_200;
pub(crate) const SUMMER: i64 = 1_743_404_400;

pub(crate) fn is_stale(effect: &Effect) -> bool {
    effect.kind == Kind::Stale
        && effect.change == Change::None
        && !effect.significant
        && !effect.shown
}
