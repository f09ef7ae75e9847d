//! A participant's answer in the organizer's object (RFC 5546 3.2.3).

use std::cmp::Ordering;
use std::collections::HashSet;

use super::{Arrival, Change, Effect, Kind};
use crate::address::{Addresses, normal, of, uri};
use crate::component::Component;
use crate::difference::{Version, is_inherited, schedule};
use crate::fault::Fault;
use crate::limits::{INSTANCES_MAX, PARTICIPANTS_MAX};
use crate::line::Line;
use crate::message::REPLIED;
use crate::object::{Object, counts_on, participant, participant_mut, said, sequence, stamp};
use crate::occurrence::{known, occurrence};
use crate::time::utc;
use crate::words::PartStat;

impl Arrival<'_> {
    pub(super) fn participation(
        &self,
        stored: &Object,
        line: &Line,
        effect: &mut Effect,
    ) -> Result<(), Fault> {
        let who = Addresses::new([effect.from.as_str()]);
        let mut object = stored.clone();
        let mut outcome = Outcome::Stale;
        let known = known(stored, &self.message.overridden());
        for item in self.message.items() {
            let Some(line) = participant(item, &who) else {
                continue;
            };
            let taken = self.take(&mut object, &known, item, line, &who)?;
            outcome = outcome.max(taken);
        }
        effect.part_stat = line
            .parameter("PARTSTAT")
            .map(|answer| PartStat::parse(&answer));
        effect.kind = match outcome {
            Outcome::Stale => Kind::Stale,
            Outcome::Uninvited => Kind::Uninvited,
            Outcome::Taken => Kind::Replied,
        };
        effect.shown = outcome != Outcome::Stale;
        if outcome == Outcome::Taken {
            effect.change = Change::Store(object.write());
        }
        Ok(())
    }

    fn take(
        &self,
        object: &mut Object,
        known: &HashSet<i64>,
        item: &Component,
        line: &Line,
        who: &Addresses,
    ) -> Result<Outcome, Fault> {
        let instance = self.message.instance(item);
        let target = match (object.find(instance).cloned(), instance) {
            (Some(target), _) => target,
            (None, Some(original)) if known.contains(&original) => {
                if object.items().count() >= INSTANCES_MAX {
                    return Err(Fault::TooLarge {
                        what: "overrides",
                        limit: INSTANCES_MAX,
                    });
                }
                occurrence(object, original).ok_or(Fault::NoInstance)?
            }
            (None, _) => return Ok(Outcome::Stale),
        };
        let mut target = target;
        // RFC 5546 2.1.5: an answer to an older revision answers something else, unless that had the same times: a number also
        // rises when an occurrence is cancelled, and who answers need not have heard of that.
        let is_older = item.line("SEQUENCE").is_some() && sequence(item) < sequence(&target);
        let asked = Version {
            item: &target,
            zones: &object.zones,
        };
        if is_older
            && schedule(Version {
                item,
                zones: &self.message.zones,
            }) != schedule(asked)
        {
            return Ok(Outcome::Stale);
        }
        let sent = stamp(item, &self.message.zones);
        let outcome = answer(&mut target, item, line, who, sent);
        if outcome == Outcome::Taken {
            match instance {
                None => self.follow(object, &target, who),
                Some(original) if counts_on(item) => {
                    self.follow_from(object, original, &target, who)
                }
                Some(_) => {}
            }
            object.put(target);
        }
        Ok(outcome)
    }

    /// RFC 5545 3.2.13: an answer to one occurrence and all after it counts for the overrides that are there. The others keep
    /// the answer to the series: an override of the organizer's that counted for them all would hold their times when he
    /// moves the series.
    fn follow_from(&self, object: &mut Object, from: i64, answered: &Component, who: &Addresses) {
        let Some(is) = participant(answered, who).cloned() else {
            return;
        };
        let mentioned: HashSet<i64> = self.message.overridden().into_iter().collect();
        for original in object.overridden() {
            if original > from
                && !mentioned.contains(&original)
                && let Some(item) = object.find_mut(Some(original))
                && let Some(own) = participant_mut(item, who)
            {
                *own = is.clone();
            }
        }
    }

    /// An answer to the series counts for the overrides that are there only because others answered to them: the participant
    /// need not know of those. `answered` is the series with the new answer, `object` has the old one.
    fn follow(&self, object: &mut Object, answered: &Component, who: &Addresses) {
        let Some(before) = object.master().cloned() else {
            return;
        };
        let (Some(was), Some(is)) = (
            participant(&before, who).map(said),
            participant(answered, who).cloned(),
        ) else {
            return;
        };
        let mentioned: HashSet<i64> = self.message.overridden().into_iter().collect();
        let zones = object.zones.clone();
        for item in object.items_mut() {
            let original = item
                .line("RECURRENCE-ID")
                .and_then(|line| zones.seconds(line));
            let Some(original) = original.filter(|original| !mentioned.contains(original)) else {
                continue;
            };
            if is_inherited(item, &before, original, &zones)
                && let Some(own) = participant_mut(item, who).filter(|own| said(own) == was)
            {
                *own = is.clone();
            }
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Stale,
    Uninvited,
    Taken,
}

fn answer(
    target: &mut Component,
    item: &Component,
    line: &Line,
    who: &Addresses,
    sent: i64,
) -> Outcome {
    if participant(target, who).is_none() && !admit(target, line) {
        return Outcome::Uninvited;
    }
    let Some(own) = participant_mut(target, who) else {
        return Outcome::Uninvited;
    };
    let replied = if sent == i64::MIN {
        None
    } else {
        Some(utc(sent))
    };
    let said = said(line);
    if is_known(own, said, replied.as_deref()) {
        return Outcome::Stale;
    }
    own.set_parameter("PARTSTAT", Some(said.as_str()));
    own.set_parameter(REPLIED, replied.as_deref());
    // RFC 6638 7.3: what became of the invitation: the participant's own words, or that he has answered.
    let status = item
        .value("REQUEST-STATUS")
        .and_then(|status| status.split(';').next())
        .unwrap_or("2.0");
    let status: String = status
        .chars()
        .filter(|character| character.is_ascii_digit() || *character == '.')
        .take(8)
        .collect();
    own.set_parameter("SCHEDULE-STATUS", Some(&status));
    if said == PartStat::Delegated {
        delegate(target, line, who);
    }
    Outcome::Taken
}

/// Whether the answer that stands there is newer, or the same. Stamps have whole seconds: of two answers within one, such
/// as to a series and to one of its occurrences, the one that came last counts.
fn is_known(own: &Line, said: PartStat, replied: Option<&str>) -> bool {
    let Some(before) = own.parameter(REPLIED) else {
        return false;
    };
    // The form of UTC times sorts as the times do.
    match replied.map(|replied| replied.cmp(&before)) {
        None | Some(Ordering::Less) => true,
        Some(Ordering::Equal) => self::said(own) == said,
        Some(Ordering::Greater) => false,
    }
}

/// RFC 5546 4.2.5: whom a participant sends instead is invited by that.
fn delegate(target: &mut Component, line: &Line, who: &Addresses) {
    let from = who.main().unwrap_or_default().to_owned();
    for delegate in line
        .parameter_values("DELEGATED-TO")
        .iter()
        .take(DELEGATES_MAX)
    {
        let address = normal(delegate);
        if let Some(own) = participant_mut(target, who) {
            own.set_parameter("DELEGATED-TO", Some(&uri(&address)));
        }
        let is_there = target.all("ATTENDEE").any(|line| of(line) == address);
        if !is_there && target.all("ATTENDEE").count() < PARTICIPANTS_MAX {
            let mut line = Line::new("ATTENDEE", &uri(&address));
            line.set_parameter("PARTSTAT", Some(PartStat::NeedsAction.as_str()));
            line.set_parameter("RSVP", Some("TRUE"));
            line.set_parameter("DELEGATED-FROM", Some(&uri(&from)));
            target.lines.push(line);
        }
    }
}

/// RFC 5546 3.2.3: who was not invited and answers may be admitted. Only whom an invited participant has named is; anybody else
/// is shown to the organizer.
fn admit(target: &mut Component, line: &Line) -> bool {
    let address = of(line);
    let named = target.all("ATTENDEE").any(|invited| {
        invited
            .parameter_values("DELEGATED-TO")
            .iter()
            .any(|delegate| normal(delegate) == address)
    });
    if named && target.all("ATTENDEE").count() < PARTICIPANTS_MAX {
        let mut line = line.clone();
        crate::message::strip_server_parameters(&mut line);
        target.lines.push(line);
        return true;
    }
    false
}

/// RFC 5545 3.2.5 lets there be several; more than a few are no delegation.
const DELEGATES_MAX: usize = 5;
