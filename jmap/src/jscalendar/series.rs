//! The whole of an event or task: its main component, its overrides, the dates added to it and taken from it.

use std::collections::{BTreeMap, BTreeSet};

use icalendar::{CalendarObject, Kind, Zone};
use serde_json::Value;

use super::block::{Block, Line};
use super::due::{self, begin_at};
use super::patch::{apply, difference};
use super::property::{self, same_form};
use super::time::{self, Moment, moment_of};
use super::value::{DAY, local_time, parse_local, parse_span, write_span};
use super::zones::{Place, Zones};
use super::{Invalid, Object};

/// Overrides of one event that JSON may set: as many as the text may have.
pub(crate) const OVERRIDES_MAX: usize = icalendar::limit::OVERRIDES_MAX;

/// What names the writer of a text (RFC 5545 3.7.3).
const PRODUCT: &str = "-//Wachpost//Wachpost//EN";

/// How far before and after an event a time zone's rules are written out, in seconds: one year and ten.
const ZONE_BEFORE_SECONDS: i64 = 366 * DAY;
const ZONE_AFTER_SECONDS: i64 = 3_653 * DAY;

/// Occurrences at one instant that are looked at to find one of them.
const AT_ONE_INSTANT_MAX: usize = 1_000;

/// RFC 8984 4.3.5: what an override cannot change, and what says nothing of it.
const NOT_OVERRIDDEN: [&str; 29] = [
    "@type",
    "id",
    "baseEventId",
    "baseTaskId",
    "calendarIds",
    "taskListId",
    "isDraft",
    "isOrigin",
    "utcStart",
    "utcEnd",
    "utcDue",
    "uid",
    "created",
    "updated",
    "sequence",
    "method",
    "privacy",
    "prodId",
    "recurrenceId",
    "recurrenceIdTimeZone",
    "recurrenceRule",
    "recurrenceOverrides",
    "relatedTo",
    "organizerCalendarAddress",
    "sentBy",
    "timeZones",
    "mayInviteSelf",
    "mayInviteOthers",
    "hideAttendees",
];

/// Lines that belong to the main component of a series alone.
const OF_SERIES: [&str; 4] = ["RRULE", "RDATE", "EXDATE", "EXRULE"];

/// Which occurrence: when the series has it, on the wall clock of the series.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct InstanceKey(pub(crate) i64);

/// An event or a task in JSON.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// All of it, without what JMAP adds.
    pub(crate) json: Object,
}

/// A text taken apart.
struct Series {
    /// Events or tasks.
    kind: Kind,
    root: Block,
    zones: Zones,
    /// Where the main component stands among the children of the root.
    main: usize,
    start: Option<Moment>,
    /// Where the overrides stand.
    overrides: BTreeMap<i64, usize>,
    excluded: BTreeSet<i64>,
    /// Dates that are added, with the length they have there.
    added: BTreeMap<i64, Option<String>>,
    is_instance: bool,
}

impl Series {
    fn of(object: &CalendarObject) -> Option<Self> {
        let kind = object.kind();
        if !matches!(kind, Kind::Event | Kind::Task) {
            return None;
        }
        let root = Block::of(object.tree());
        let zones = Zones::of(object.tree().root());
        let events: Vec<usize> = (0..root.children.len())
            .filter(|at| {
                root.children
                    .get(*at)
                    .is_some_and(|child| child.is(kind.component()))
            })
            .collect();
        let child = |at: usize| root.children.get(at);
        let without_id =
            |at: &&usize| child(**at).is_some_and(|child| child.line("RECURRENCE-ID").is_none());
        let main = events.iter().find(without_id).copied();
        let is_instance = main.is_none();
        let main = main.or_else(|| events.first().copied())?;
        let start = time::start_of(child(main)?, &zones);
        let mut series = Self {
            kind,
            zones,
            main,
            start,
            overrides: BTreeMap::new(),
            excluded: BTreeSet::new(),
            added: BTreeMap::new(),
            is_instance,
            root,
        };
        if !is_instance && let Some(start) = series.start.clone() {
            series.find_overrides(&events, &start);
        }
        Some(series)
    }

    fn find_overrides(&mut self, events: &[usize], start: &Moment) {
        for at in events {
            let line = self
                .root
                .children
                .get(*at)
                .and_then(|child| child.line("RECURRENCE-ID"));
            let Some(line) = line.filter(|line| line.parameter("RANGE").is_none()) else {
                continue;
            };
            let moment = moment_of(line, &line.value, &self.zones);
            // RFC 5545 3.8.4.4: it is of the same form as the start. A time in a zone names no day of a series of days.
            let names_one = |moment: &Moment| {
                moment.is_date == start.is_date || moment.place == Place::Floating
            };
            if let Some(moment) = moment.filter(names_one) {
                self.overrides.insert(moment.local_at(start), *at);
            }
        }
        let Some(main) = self.root.children.get(self.main) else {
            return;
        };
        let keys = |line: &Line, value: &str| {
            moment_of(line, value, &self.zones).map(|moment| moment.local_at(start))
        };
        for line in main.all("EXDATE") {
            let values = line.value.split(',').filter_map(|value| keys(line, value));
            // An occurrence that is spelled out takes place, whatever the list of exceptions says.
            let values = values.filter(|key| !self.overrides.contains_key(key));
            self.excluded.extend(values);
        }
        for line in main.all("RDATE") {
            for value in line.value.split(',') {
                let (begin, end) = value.split_once('/').unwrap_or((value, ""));
                let Some(key) = keys(line, begin) else {
                    continue;
                };
                let span = match parse_span(end) {
                    Some(span) => Some(write_span(span)),
                    None => keys(line, end).map(|end| {
                        write_span(super::value::Span {
                            days: 0,
                            seconds: end.saturating_sub(key).max(0),
                        })
                    }),
                };
                self.added.insert(key, span);
            }
        }
    }

    fn main_block(&self) -> Option<&Block> {
        self.root.children.get(self.main)
    }

    fn main_json(&self) -> Object {
        let mut json = self
            .main_block()
            .map(|block| property::read(block, &self.zones))
            .unwrap_or_default();
        if let Some(product) = self.root.text("PRODID") {
            json.insert("prodId".into(), product.into());
        }
        if self.is_instance {
            let line = self
                .main_block()
                .and_then(|block| block.line("RECURRENCE-ID"));
            if let Some(moment) = line.and_then(|line| moment_of(line, &line.value, &self.zones)) {
                add_recurrence_id(&mut json, &moment);
            }
        }
        json
    }

    /// RFC 8984 4.3.5: what each override says differently.
    fn json(&self) -> Object {
        let mut json = self.main_json();
        let mut overrides = Object::new();
        for (key, span) in &self.added {
            let mut patch = Object::new();
            if let Some(span) = span
                && json.get("duration").and_then(Value::as_str) != Some(span)
            {
                patch.insert("duration".into(), span.clone().into());
            }
            overrides.insert(local_time(*key), Value::Object(patch));
        }
        for (key, at) in &self.overrides {
            if let Some(block) = self.root.children.get(*at) {
                let instance = property::read(block, &self.zones);
                let base = base_of(&json, *key);
                let patch = difference(&base, &instance, &NOT_OVERRIDDEN);
                overrides.insert(local_time(*key), Value::Object(patch));
            }
        }
        for key in &self.excluded {
            let mut patch = Object::new();
            patch.insert("excluded".into(), true.into());
            overrides.insert(local_time(*key), Value::Object(patch));
        }
        if !overrides.is_empty() {
            json.insert("recurrenceOverrides".into(), Value::Object(overrides));
        }
        json
    }

    /// Whether the rule alone makes an occurrence at that time.
    fn makes(&self, key: i64) -> bool {
        let (Some(start), Some(main)) = (&self.start, self.main_block()) else {
            return false;
        };
        if start.local == key {
            return true;
        }
        let mut alone = main.clone();
        for name in ["RDATE", "EXDATE"] {
            alone.remove(name);
        }
        if alone.line("RRULE").is_none() {
            return false;
        }
        let mut root = self.root.clone();
        let name = self.kind.component();
        root.children.retain(|child| !child.is(name));
        root.children.push(alone);
        let Ok(object) = CalendarObject::read(root.write().as_bytes()) else {
            return false;
        };
        let instant = start.place.zone().to_utc(key);
        let range = instant..instant.saturating_add(1);
        object
            .occurrences(range, &Zone::UTC, AT_ONE_INSTANT_MAX)
            .is_ok_and(|found| found.iter().any(|occurrence| occurrence.start == instant))
    }

    /// Adds the time zones that lines name and the text does not define (RFC 5545 3.2.19).
    fn add_zones(&mut self, used: &BTreeSet<String>) {
        // A task may have nothing but the time when it is due.
        let due = || due::due_of(self.main_block()?, &self.zones);
        let instant = self.start.clone().or_else(due);
        let instant = instant.as_ref().map_or(0, Moment::instant);
        let range =
            instant.saturating_sub(ZONE_BEFORE_SECONDS)..instant.saturating_add(ZONE_AFTER_SECONDS);
        for name in used.iter().filter(|name| !self.zones.defines(name)) {
            let written = icalendar::write_timezone(name, range.clone());
            let tree = written.and_then(|text| icalendar::Tree::read(text.as_bytes()).ok());
            let zone = tree.and_then(|tree| {
                let zone = tree.root().children().find(|child| child.is("VTIMEZONE"))?;
                Some(Block::of_component(zone))
            });
            if let Some(zone) = zone {
                self.root.children.insert(0, zone);
            }
        }
    }
}

fn add_recurrence_id(json: &mut Object, moment: &Moment) {
    json.insert("recurrenceId".into(), local_time(moment.local).into());
    if let Some(name) = moment.place.name() {
        json.insert("recurrenceIdTimeZone".into(), name.into());
    }
}

/// An occurrence as the series alone would have it.
fn base_of(main: &Object, key: i64) -> Object {
    let mut base = main.clone();
    for name in ["recurrenceRule", "recurrenceOverrides"] {
        base.remove(name);
    }
    begin_at(&mut base, key);
    base
}

/// An object's event; none if it is of another kind.
pub(crate) fn read(object: &CalendarObject) -> Option<Event> {
    read_kind(object, Kind::Event)
}

/// An object's task; none if it is of another kind.
pub(crate) fn read_task(object: &CalendarObject) -> Option<Event> {
    read_kind(object, Kind::Task)
}

fn read_kind(object: &CalendarObject, kind: Kind) -> Option<Event> {
    let series = Series::of(object).filter(|series| series.kind == kind)?;
    Some(Event {
        json: series.json(),
    })
}

/// One occurrence of an object's event or task, with `recurrenceId`; none if the series has none then.
pub(crate) fn occurrence(object: &CalendarObject, key: InstanceKey) -> Option<Object> {
    let series = Series::of(object)?;
    let start = series.start.clone()?;
    if series.is_instance || series.excluded.contains(&key.0) {
        return None;
    }
    let json = match series.overrides.get(&key.0) {
        Some(at) => property::read(series.root.children.get(*at)?, &series.zones),
        None => {
            let instant = start.place.zone().to_utc(key.0);
            let range = instant..instant.saturating_add(1);
            let found = object
                .occurrences(range, &Zone::UTC, AT_ONE_INSTANT_MAX)
                .ok()?;
            let found = found
                .iter()
                .find(|found| found.recurrence_id.instant(&Zone::UTC) == instant)?;
            let block = Block::of_component(object.tree().component(found.component)?);
            let mut json = property::read(&block, &series.zones);
            let own = time::start_of(&block, &series.zones)?;
            let begin = own.place.zone().to_local(found.start);
            begin_at(&mut json, begin);
            if let Some(Some(span)) = series.added.get(&key.0) {
                json.insert("duration".into(), span.clone().into());
            }
            json
        }
    };
    let mut json = json;
    json.remove("recurrenceRule");
    let moment = Moment {
        local: key.0,
        ..start
    };
    add_recurrence_id(&mut json, &moment);
    Some(json)
}

/// What names the occurrences of an object.
#[derive(Debug)]
pub(crate) struct Keys(Option<Moment>);

impl Keys {
    pub(crate) fn of(object: &CalendarObject) -> Self {
        let zones = Zones::of(object.tree().root());
        let main = object
            .components()
            .find(|component| component.property("RECURRENCE-ID").is_none());
        let block = main.map(Block::of_component);
        Self(block.and_then(|block| time::start_of(&block, &zones)))
    }

    /// The name of the occurrence that the series has at that moment; none where there is no series.
    pub(crate) fn key(&self, moment: &icalendar::Moment) -> Option<InstanceKey> {
        let start = self.0.as_ref()?;
        if start.is_date && !moment.is_floating() {
            return None;
        }
        let floats = start.place.name().is_none() || moment.is_floating();
        Some(InstanceKey(match floats {
            true => moment.local(),
            false => start.place.zone().to_local(moment.instant(&Zone::UTC)),
        }))
    }
}

/// Whether a property is of the whole series, so that one occurrence cannot have another.
pub(crate) fn is_of_series(name: &str) -> bool {
    NOT_OVERRIDDEN.contains(&name) && !matches!(name, "created" | "updated" | "sequence")
}

/// The override that makes an occurrence what it shall be.
pub(crate) fn override_of(main: &Object, key: InstanceKey, instance: &Object) -> Object {
    difference(&base_of(main, key.0), instance, &NOT_OVERRIDDEN)
}

/// A text for an event.
///
/// # Errors
/// A property has a value that it cannot have.
pub(crate) fn create(json: &Object) -> Result<Vec<u8>, Invalid> {
    create_kind(json, Kind::Event)
}

/// A text for a task.
///
/// # Errors
/// A property has a value that it cannot have.
pub(crate) fn create_task(json: &Object) -> Result<Vec<u8>, Invalid> {
    create_kind(json, Kind::Task)
}

fn create_kind(json: &Object, kind: Kind) -> Result<Vec<u8>, Invalid> {
    let mut root = Block::new("VCALENDAR");
    root.set(Line::new("VERSION", "2.0"));
    root.set(Line::of_text("PRODID", PRODUCT));
    root.children.push(Block::new(kind.component()));
    let series = Series {
        kind,
        root,
        zones: Zones::default(),
        main: 0,
        start: None,
        overrides: BTreeMap::new(),
        excluded: BTreeSet::new(),
        added: BTreeMap::new(),
        is_instance: false,
    };
    rewrite(series, &Object::new(), json)
}

/// A text that says what JSON says, and keeps what JSON does not speak of.
///
/// # Errors
/// A property has a value that it cannot have; or the text is neither an event's nor a task's.
pub(crate) fn update(text: &[u8], json: &Object) -> Result<Vec<u8>, Invalid> {
    let object = CalendarObject::read(text);
    let series = object.ok().and_then(|object| Series::of(&object));
    let series = series.ok_or_else(|| Invalid::new("@type", "it is no event"))?;
    let old = series.json();
    if old == *json {
        return Ok(text.to_vec());
    }
    rewrite(series, &old, json)
}

fn rewrite(mut series: Series, old: &Object, new: &Object) -> Result<Vec<u8>, Invalid> {
    let mut used = BTreeSet::new();
    let kind = new.get("@type").and_then(Value::as_str);
    if kind.is_some_and(|kind| kind != property::type_of(series.kind)) {
        return Err(Invalid::new("@type", "it is of another kind"));
    }
    if let Some(product) = new.get("prodId").and_then(Value::as_str)
        && old.get("prodId") != new.get("prodId")
    {
        series.root.set_text("PRODID", Some(product));
    }
    let was = series.start.clone();
    let mut main = series
        .main_block()
        .cloned()
        .ok_or_else(|| Invalid::new("@type", "it is no event"))?;
    property::write(&mut main, old, new, (&series.zones, &mut used))?;
    if old.is_empty() && main.line("DTSTAMP").is_none() {
        let stamp = main
            .value("LAST-MODIFIED")
            .or_else(|| main.value("CREATED"));
        let stamp = stamp.unwrap_or("19700101T000000Z").to_owned();
        main.set(Line::new("DTSTAMP", stamp));
    }
    if old.is_empty()
        && let Some(at) = new.get("recurrenceId").and_then(Value::as_str)
    {
        // A single occurrence that somebody was invited to.
        let key = parse_local(at)
            .ok_or_else(|| Invalid::new("recurrenceId", "it is no LocalDateTime"))?;
        let start = time::moment_in(new)?;
        let place = match new.get("recurrenceIdTimeZone") {
            None | Some(Value::Null) => Some(Place::Floating),
            Some(name) => name
                .as_str()
                .and_then(|name| Place::of_property(Some(name))),
        };
        let fault = || Invalid::new("recurrenceIdTimeZone", "no time zone has this name");
        let place = place.ok_or_else(fault)?;
        let zone = place.name().unwrap_or_default().to_owned();
        if !zone.is_empty() && !place.is_utc() {
            used.insert(zone.clone());
        }
        let moment = Moment { place, ..start };
        main.set(moment.line("RECURRENCE-ID", key, &zone));
        series.is_instance = true;
    }
    series.start = time::start_of(&main, &series.zones);
    if let Some(slot) = series.root.children.get_mut(series.main) {
        *slot = main;
    }
    if !series.is_instance {
        write_overrides(&mut series, (old, new), was.as_ref(), &mut used)?;
    }
    series.add_zones(&used);
    Ok(series.root.write().into_bytes())
}

/// The overrides by their times.
fn overrides_in(json: &Object) -> Result<BTreeMap<i64, &Object>, Invalid> {
    let overrides = match json.get("recurrenceOverrides") {
        None | Some(Value::Null) => return Ok(BTreeMap::new()),
        Some(Value::Object(overrides)) if overrides.len() <= OVERRIDES_MAX => overrides,
        Some(_) => {
            return Err(Invalid::new(
                "recurrenceOverrides",
                "it is no map of PatchObjects",
            ));
        }
    };
    let read = |(key, patch): (&String, _)| {
        let path = || format!("recurrenceOverrides/{key}");
        let at =
            parse_local(key).ok_or_else(|| Invalid::new(path(), "its key is no LocalDateTime"))?;
        let patch: Option<&Object> = Value::as_object(patch);
        Ok((
            at,
            patch.ok_or_else(|| Invalid::new(path(), "it is no PatchObject"))?,
        ))
    };
    overrides.iter().map(read).collect()
}

fn is_excluded(patch: &Object) -> bool {
    patch.get("excluded") == Some(&Value::Bool(true))
}

fn write_overrides(
    series: &mut Series,
    (old, new): (&Object, &Object),
    was: Option<&Moment>,
    used: &mut BTreeSet<String>,
) -> Result<(), Invalid> {
    let (before, after) = (overrides_in(old).unwrap_or_default(), overrides_in(new)?);
    let Some(start) = series.start.clone() else {
        return Ok(());
    };
    let reformed = was.is_some_and(|was| !same_form(was, &start));
    let zone = series
        .main_block()
        .and_then(time::zone_name_of)
        .unwrap_or_default();
    let mut gone: Vec<usize> = Vec::new();
    for (key, at) in &series.overrides {
        let kept = after.get(key).is_some_and(|patch| {
            let emptied = patch.is_empty() && before.get(key).is_some_and(|was| !was.is_empty());
            !is_excluded(patch) && !emptied
        });
        if !kept {
            gone.push(*at);
        }
    }
    let mut added = BTreeSet::new();
    let mut made: Vec<Block> = Vec::new();
    for (key, patch) in after.iter().filter(|(_, patch)| !is_excluded(patch)) {
        let is_known = series.overrides.contains_key(key);
        let was = before.get(key);
        let is_new = !is_known && was.is_none();
        let was_emptied = is_known && patch.is_empty() && was.is_some_and(|was| !was.is_empty());
        if series.added.contains_key(key) || (is_new || was_emptied) && !series.makes(*key) {
            added.insert(*key);
        }
        let path = || format!("recurrenceOverrides/{}", local_time(*key));
        if let Some(name) = patch.keys().find(|name| {
            let first = name.split('/').next().unwrap_or_default();
            NOT_OVERRIDDEN.contains(&first) && !["updated", "sequence", "created"].contains(&first)
        }) {
            return Err(Invalid::new(name.clone(), "an override cannot change it").within(&path()));
        }
        let known = series
            .overrides
            .get(key)
            .filter(|at| !gone.contains(at))
            .copied();
        let mut instance = base_of(new, *key);
        apply(&mut instance, patch).map_err(|fault| fault.within(&path()))?;
        instance.remove("excluded");
        match known {
            Some(at) => {
                let Some(block) = series.root.children.get_mut(at) else {
                    continue;
                };
                let said = property::read(block, &series.zones);
                keep_own(&mut instance, &said, (old, new));
                property::write(block, &said, &instance, (&series.zones, used))
                    .map_err(|fault| fault.within(&path()))?;
                if reformed {
                    block.set(start.line("RECURRENCE-ID", *key, &zone));
                }
            }
            None if patch.is_empty() || only_length_of_added(series, &before, *key, patch) => {}
            None => {
                let Some(main) = series.main_block() else {
                    continue;
                };
                let mut block = main.clone();
                for name in OF_SERIES {
                    block.remove(name);
                }
                let mut said = new.clone();
                said.remove("recurrenceRule");
                said.remove("recurrenceOverrides");
                property::write(&mut block, &said, &instance, (&series.zones, used))
                    .map_err(|fault| fault.within(&path()))?;
                block.set(start.line("RECURRENCE-ID", *key, &zone));
                made.push(block);
            }
        }
    }
    let excluded: BTreeSet<i64> = after
        .iter()
        .filter(|(_, patch)| is_excluded(patch))
        .map(|(key, _)| *key)
        .collect();
    // A date that was added and taken away again stays both.
    let both = |key: &&i64| excluded.contains(key) && series.excluded.contains(key);
    added.extend(series.added.keys().filter(both));
    write_dates(series, &start, reformed, (&excluded, &added));
    gone.sort_unstable();
    for at in gone.into_iter().rev() {
        series.root.children.remove(at);
    }
    series.root.children.extend(made);
    Ok(())
}

/// RFC 5545 3.8.5.2: a period that was added has its length in the line itself.
fn only_length_of_added(
    series: &Series,
    before: &BTreeMap<i64, &Object>,
    key: i64,
    patch: &Object,
) -> bool {
    series.added.get(&key).is_some_and(Option::is_some) && before.get(&key) == Some(&patch)
}

/// What an override says for itself, where the series did not change.
fn keep_own(instance: &mut Object, said: &Object, (old, new): (&Object, &Object)) {
    for name in NOT_OVERRIDDEN {
        if matches!(name, "sequence" | "updated") && old.get(name) != new.get(name) {
            continue;
        }
        match said.get(name) {
            Some(value) => instance.insert(name.into(), value.clone()),
            None => instance.remove(name),
        };
    }
}

/// Writes the dates that are taken from and added to a series, where they are others than before.
fn write_dates(
    series: &mut Series,
    start: &Moment,
    reformed: bool,
    (excluded, added): (&BTreeSet<i64>, &BTreeSet<i64>),
) {
    let same_added = added.iter().eq(series.added.keys());
    let (old_excluded, lengths) = (series.excluded.clone(), series.added.clone());
    let Some(main) = series.root.children.get_mut(series.main) else {
        return;
    };
    let zone = time::zone_name_of(main).unwrap_or_default();
    let dates = |keys: Vec<i64>, name: &str| {
        let mut line = start.line(name, 0, &zone);
        let written: Vec<String> = keys.iter().map(|key| start.text(*key)).collect();
        line.value = written.join(",");
        line
    };
    if *excluded != old_excluded || reformed && !excluded.is_empty() {
        main.remove("EXDATE");
        if !excluded.is_empty() {
            main.lines
                .push(dates(excluded.iter().copied().collect(), "EXDATE"));
        }
    }
    if !same_added || reformed && !added.is_empty() {
        main.remove("RDATE");
        let length = |key: &i64| lengths.get(key).cloned().flatten();
        let (long, plain): (Vec<i64>, Vec<i64>) =
            added.iter().copied().partition(|key| length(key).is_some());
        if !plain.is_empty() {
            main.lines.push(dates(plain, "RDATE"));
        }
        if !long.is_empty() {
            let mut line = dates(Vec::new(), "RDATE").with("VALUE", "PERIOD");
            let periods: Vec<String> = long
                .iter()
                .map(|key| format!("{}/{}", start.text(*key), length(key).unwrap_or_default()))
                .collect();
            line.value = periods.join(",");
            main.lines.push(line);
        }
    }
}
