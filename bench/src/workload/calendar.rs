//! A calendar over CalDAV: events put, a week asked for, what changed, when people are free, a room that all want.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::{Place, Workload};
use crate::http::Http;
use crate::processes::Used;
use crate::report::{Figure, Goal, Sample, median};
use crate::server::{Kind, PASSWORD, Running, Site, address};

/// How much.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// How many events are put; one in ten is weekly.
    #[arg(long, default_value_t = 5_000)]
    pub(crate) events: u64,
    /// How many people are asked when they are free.
    #[arg(long, default_value_t = 50)]
    pub(crate) people: usize,
    /// How many meetings want the same room at once.
    #[arg(long, default_value_t = 1_000)]
    pub(crate) bookings: u64,
}

/// Connections that put, and that book, at once.
const CONNECTIONS: usize = 8;
/// Questions are asked so often, and the median counts.
const REPEATS: usize = 11;
/// The room, which only Wachpost has.
const ROOM: &str = "saal";

#[derive(Debug)]
pub(crate) struct Calendar {
    size: Size,
}

impl Calendar {
    pub(crate) fn new(mut size: Size, quick: bool) -> Self {
        if quick {
            size.events = size.events.min(300);
            size.people = size.people.min(5);
            size.bookings = size.bookings.min(50);
        }
        Self { size }
    }
}

impl Workload for Calendar {
    type Prepared = ();

    fn title(&self) -> String {
        format!(
            "a calendar of {} events, {} people, {} bookings of a room over CalDAV",
            self.size.events, self.size.people, self.size.bookings
        )
    }

    fn figures(&self) -> Vec<Figure> {
        vec![
            Figure::new("puts_per_s", "PUT/s, 1 connection", Goal::TimesPeer(10.0)),
            Figure::new("put_cpu_ms", "  server CPU ms each", Goal::AtMost(0.6)),
            Figure::new(
                "puts_at_once_per_s",
                "PUT/s, 8 connections",
                Goal::TimesPeer(10.0),
            ),
            Figure::new(
                "put_at_once_cpu_ms",
                "  server CPU ms each",
                Goal::AtMost(0.6),
            ),
            Figure::new(
                "week_ms",
                "calendar-query over one week, ms",
                Goal::AtMost(3.0),
            ),
            Figure::new("week_first_ms", "  the first time, ms", Goal::None),
            Figure::new("week_events", "  events found", Goal::None),
            Figure::new(
                "sync_first_ms",
                "first sync-collection, ms",
                Goal::AtMost(150.0),
            ),
            Figure::new(
                "sync_one_ms",
                "sync-collection after one change, ms",
                Goal::AtMost(1.0),
            ),
            Figure::new(
                "free_busy_ms",
                "free/busy of all people over two weeks, ms",
                Goal::AtMost(20.0),
            ),
            Figure::new(
                "bookings_s",
                "all bookings of the room answered, s",
                Goal::AtMost(5.0),
            ),
            Figure::new("double_bookings", "  double bookings", Goal::AtMost(0.0)),
            Figure::new(
                "disk_octets_per_event",
                "octets on disk per event",
                Goal::None,
            ),
        ]
    }

    fn users(&self) -> Vec<String> {
        (1..=self.size.people.max(CONNECTIONS))
            .map(|number| format!("u{number}"))
            .collect()
    }

    fn peers(&self) -> Vec<Kind> {
        vec![Kind::Wachpost, Kind::Radicale]
    }

    fn prepare(&self, _: &Place<'_>) -> Result<()> {
        Ok(())
    }

    fn round(&self, place: &Place<'_>, (): &mut ()) -> Result<Sample> {
        let site = place.set_up()?;
        site.add_room(ROOM)?;
        let running = site.start()?;
        let mut sample = Sample::new();
        let disk = site.disk_octets();
        self.put_one_by_one(&site, &running, &mut sample)?;
        self.put_at_once(&site, &running, &mut sample)?;
        running.settle();
        let events = self.size.events as f64 * 2.0;
        sample.insert(
            "disk_octets_per_event".to_owned(),
            site.disk_octets().saturating_sub(disk) as f64 / events,
        );
        self.ask(&site, &mut sample)?;
        if site.kind() == Kind::Wachpost {
            self.plan(&site, &mut sample)?;
            self.book(&site, &mut sample)?;
        }
        running.stop()?;
        Ok(sample)
    }
}

impl Calendar {
    fn put_one_by_one(
        &self,
        site: &Site,
        running: &Running<'_>,
        sample: &mut Sample,
    ) -> Result<()> {
        let mut client = client(site, "u1");
        let path = calendar(site, &mut client, "u1")?;
        let (before, start) = (Used::by(running.process()), Instant::now());
        for number in 0..self.size.events {
            put(&mut client, &path, number, "")?;
        }
        let seconds = start.elapsed().as_secs_f64();
        let used = Used::by(running.process()).since(before);
        let count = self.size.events as f64;
        sample.insert("puts_per_s".to_owned(), count / seconds);
        sample.insert("put_cpu_ms".to_owned(), used.cpu_s * 1e3 / count);
        Ok(())
    }

    fn put_at_once(&self, site: &Site, running: &Running<'_>, sample: &mut Sample) -> Result<()> {
        let mut paths = Vec::new();
        for number in 1..=CONNECTIONS {
            let user = format!("u{number}");
            let mut client = client(site, &user);
            // A calendar of its own, so that `u1` keeps the one that is asked about.
            let path = format!("{}/more/", home(site, &user));
            client.ask("MKCALENDAR", &path, "", "")?;
            paths.push((client, path));
        }
        let next = AtomicU64::new(0);
        let (before, start) = (Used::by(running.process()), Instant::now());
        std::thread::scope(|scope| {
            let threads: Vec<_> = paths
                .iter_mut()
                .map(|(client, path)| {
                    let next = &next;
                    scope.spawn(move || {
                        loop {
                            let number = next.fetch_add(1, Ordering::Relaxed);
                            if number >= self.size.events {
                                return Ok(());
                            }
                            put(client, path, number, "")?;
                        }
                    })
                })
                .collect();
            joined(threads)
        })?;
        let seconds = start.elapsed().as_secs_f64();
        let used = Used::by(running.process()).since(before);
        let count = self.size.events as f64;
        sample.insert("puts_at_once_per_s".to_owned(), count / seconds);
        sample.insert("put_at_once_cpu_ms".to_owned(), used.cpu_s * 1e3 / count);
        Ok(())
    }

    fn ask(&self, site: &Site, sample: &mut Sample) -> Result<()> {
        let mut client = client(site, "u1");
        let path = calendar(site, &mut client, "u1")?;
        let mut times = Vec::new();
        let mut found = 0;
        for _ in 0..REPEATS {
            let start = Instant::now();
            let answer = client.ask(
                "REPORT",
                &path,
                "Depth: 1\r\nContent-Type: text/xml\r\n",
                WEEK,
            )?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
            found = count(&answer, b"<D:response>").max(count(&answer, b"<response>"));
        }
        ensure!(found > 0, "the week is empty");
        sample.insert("week_first_ms".to_owned(), times[0]);
        sample.insert("week_ms".to_owned(), middle(&mut times));
        sample.insert("week_events".to_owned(), found as f64);
        let start = Instant::now();
        let mut token = sync(&mut client, &path, "")?;
        sample.insert(
            "sync_first_ms".to_owned(),
            start.elapsed().as_secs_f64() * 1e3,
        );
        let mut times = Vec::new();
        for number in 0..REPEATS as u64 {
            put(&mut client, &path, number, &format!("changed {number}"))?;
            let start = Instant::now();
            token = sync(&mut client, &path, &token)?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
        }
        sample.insert("sync_one_ms".to_owned(), middle(&mut times));
        Ok(())
    }

    /// When everybody is free in the next two weeks.
    fn plan(&self, site: &Site, sample: &mut Sample) -> Result<()> {
        let mut participants = String::new();
        for number in 1..=self.size.people {
            let user = format!("u{number}");
            let mut client = client(site, &user);
            let path = calendar(site, &mut client, &user)?;
            for number in 0..40 {
                put(&mut client, &path, 1_000_000 + number, "")?;
            }
            participants.push_str(&format!("ATTENDEE:mailto:{}\r\n", address(&user)));
        }
        let question = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\nMETHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\nUID:ask\r\n\
             DTSTAMP:20250101T000000Z\r\nDTSTART:20250601T000000Z\r\nDTEND:20250615T000000Z\r\n\
             ORGANIZER:mailto:{}\r\n{participants}END:VFREEBUSY\r\nEND:VCALENDAR\r\n",
            address("u1")
        );
        let mut client = client(site, "u1");
        let path = format!("{}/outbox/", home(site, "u1"));
        let mut times = Vec::new();
        for _ in 0..REPEATS {
            let start = Instant::now();
            let answer = client.ask("POST", &path, "Content-Type: text/calendar\r\n", &question)?;
            times.push(start.elapsed().as_secs_f64() * 1e3);
            let known = count(&answer, b"2.0;");
            ensure!(known == self.size.people, "{known} people answered");
        }
        sample.insert("free_busy_ms".to_owned(), middle(&mut times));
        Ok(())
    }

    /// Meetings that overlap, all in one room.
    fn book(&self, site: &Site, sample: &mut Sample) -> Result<()> {
        let next = AtomicU64::new(0);
        let accepted = std::sync::Mutex::new(Vec::new());
        let start = Instant::now();
        std::thread::scope(|scope| {
            let threads: Vec<_> = (1..=CONNECTIONS)
                .map(|number| {
                    let (next, accepted) = (&next, &accepted);
                    scope.spawn(move || {
                        let user = format!("u{number}");
                        let mut client = client(site, &user);
                        let path = calendar(site, &mut client, &user)?;
                        loop {
                            let number = next.fetch_add(1, Ordering::Relaxed);
                            if number >= self.size.bookings {
                                return Ok(());
                            }
                            let (from, to) = booking(number);
                            let path = format!("{path}booking{number}.ics");
                            let text = meeting(number, from, to, &user);
                            let headers = "Content-Type: text/calendar\r\n";
                            client.ask("PUT", &path, headers, &text)?;
                            let stored = client.ask("GET", &path, "", "")?;
                            let stored = String::from_utf8_lossy(&stored).replace("\r\n ", "");
                            if stored.contains("PARTSTAT=ACCEPTED") {
                                accepted
                                    .lock()
                                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                                    .push((from, to));
                            } else {
                                ensure!(
                                    stored.contains("PARTSTAT=DECLINED"),
                                    "no answer: {stored}"
                                );
                            }
                        }
                    })
                })
                .collect();
            joined(threads)
        })?;
        sample.insert("bookings_s".to_owned(), start.elapsed().as_secs_f64());
        let mut accepted = accepted.into_inner().unwrap_or_default();
        accepted.sort_unstable();
        ensure!(!accepted.is_empty(), "the room accepted nothing");
        let double = accepted
            .windows(2)
            .filter(|pair| pair[1].0 < pair[0].1)
            .count();
        sample.insert("double_bookings".to_owned(), double as f64);
        Ok(())
    }
}

/// From and to, in half hours from a common begin; neighbours overlap.
fn booking(number: u64) -> (u64, u64) {
    let from = number * 7 % 1_000;
    (from, from + 2 + number % 3)
}

fn meeting(number: u64, from: u64, to: u64, user: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\nBEGIN:VEVENT\r\nUID:booking{number}@example.test\r\n\
         DTSTAMP:20250101T000000Z\r\nDTSTART:{}\r\nDTEND:{}\r\nSUMMARY:Booking {number}\r\n\
         ORGANIZER:mailto:{}\r\nATTENDEE;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:mailto:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        half_hour(from),
        half_hour(to),
        address(user),
        address(ROOM)
    )
}

/// A half hour of 2026, in months of 28 days.
fn half_hour(number: u64) -> String {
    let (day, half) = (number / 48, number % 48);
    format!(
        "2026{:02}{:02}T{:02}{:02}00Z",
        day / 28 + 1,
        day % 28 + 1,
        half / 2,
        half % 2 * 30
    )
}

fn put(client: &mut Http, calendar: &str, number: u64, more: &str) -> Result<()> {
    let (month, day, hour) = (number % 12 + 1, number % 28 + 1, number % 23);
    let rule = if number % 10 == 3 {
        "RRULE:FREQ=WEEKLY;COUNT=50\r\n"
    } else {
        ""
    };
    let words = "Wort ".repeat(usize::try_from(number % 60 + 5)?);
    let text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//bench//EN\r\nBEGIN:VEVENT\r\nUID:ev{number}@example.test\r\n\
         DTSTAMP:20250101T000000Z\r\nDTSTART:2025{month:02}{day:02}T{hour:02}0000Z\r\n\
         DTEND:2025{month:02}{day:02}T{hour:02}3000Z\r\nSUMMARY:Event {number}{more}\r\n{rule}LOCATION:Room {hour}\r\n\
         DESCRIPTION:{words}\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n"
    );
    let path = format!("{calendar}ev{number}.ics");
    let headers = "Content-Type: text/calendar; charset=utf-8\r\n";
    client.ask("PUT", &path, headers, &text).map(drop)
}

/// The new token.
fn sync(client: &mut Http, calendar: &str, token: &str) -> Result<String> {
    let body = format!(
        "<?xml version=\"1.0\"?><D:sync-collection xmlns:D=\"DAV:\"><D:sync-token>{token}</D:sync-token>\
         <D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>"
    );
    let answer = client.ask("REPORT", calendar, "Content-Type: text/xml\r\n", &body)?;
    let answer = String::from_utf8_lossy(&answer);
    let mut parts = answer.rsplit("sync-token>");
    let token = parts.nth(1).context("no token")?;
    let (token, _) = token.split_once('<').context("no token")?;
    Ok(token.to_owned())
}

fn client(site: &Site, user: &str) -> Http {
    Http::new(site.http, &address(user), PASSWORD)
}

/// Where a user's calendars are.
fn home(site: &Site, user: &str) -> String {
    match site.kind() {
        Kind::Radicale => format!("/{}", address(user)),
        _ => format!("/dav/calendars/{}", address(user)),
    }
}

/// The user's calendar, made where there is none.
fn calendar(site: &Site, client: &mut Http, user: &str) -> Result<String> {
    let path = format!("{}/calendar/", home(site, user));
    if site.kind() == Kind::Radicale {
        // It says 409 where there is one already.
        client.call("MKCALENDAR", &path, "", "")?;
    }
    Ok(path)
}

fn joined(threads: Vec<std::thread::ScopedJoinHandle<'_, Result<()>>>) -> Result<()> {
    threads
        .into_iter()
        .try_for_each(|thread| match thread.join() {
            Ok(result) => result,
            Err(panic) => std::panic::resume_unwind(panic),
        })
}

fn middle(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    median(times).unwrap_or(f64::NAN)
}

fn count(text: &[u8], part: &[u8]) -> usize {
    text.windows(part.len())
        .filter(|window| *window == part)
        .count()
}

const WEEK: &str = "<?xml version=\"1.0\"?><C:calendar-query xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\">\
    <D:prop><D:getetag/><C:calendar-data/></D:prop><C:filter><C:comp-filter name=\"VCALENDAR\">\
    <C:comp-filter name=\"VEVENT\"><C:time-range start=\"20250601T000000Z\" end=\"20250608T000000Z\"/></C:comp-filter>\
    </C:comp-filter></C:filter></C:calendar-query>";
