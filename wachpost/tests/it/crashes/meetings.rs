//! Kills in the middle of arranging meetings: what was acknowledged is with everybody it concerns, and the room with one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::server::{Options, TestServer};

use super::look::{self, PASSWORD, person};
use super::seed::{self, Random};

/// How often the server is killed, unless the environment says otherwise.
const KILLS_DEFAULT: u64 = 15;
const KILL_AFTER_MS_MIN: u64 = 60;
const KILL_AFTER_MS_SPREAD: u64 = 150;
const PEOPLE: usize = 3;
const ROOM: &str = "saal@example.org";
/// How long a room may take to answer what a crash left.
const PATIENCE: Duration = Duration::from_secs(20);
/// Half hours that the meetings are spread over: few, so that they overlap.
const HALF_HOURS: u64 = 2_000;

/// A meeting whose PUT was answered with 201.
#[derive(Clone, Copy, Debug)]
struct Arranged {
    organizer: usize,
    participant: usize,
    number: u64,
    begin: u64,
}

#[test]
fn kills_while_meetings_are_arranged_lose_none_and_book_no_room_twice() {
    let seed = seed::of_this_run();
    let kills = seed::number("WACHPOST_KILLS", KILLS_DEFAULT);
    let mut server = look::with_people(Options::default(), PEOPLE);
    server.command_ok(&["room", "add", ROOM]);
    let arranged = Mutex::new(Vec::new());
    for kill in 1..=kills {
        let mut random = Random::new(seed, kill);
        let after = Duration::from_millis(KILL_AFTER_MS_MIN + random.below(KILL_AFTER_MS_SPREAD));
        let port = server.http_port();
        std::thread::scope(|scope| {
            for organizer in 0..PEOPLE {
                let (arranged, random) = (&arranged, Random::new(random.next(), 3));
                scope.spawn(move || arrange(port, organizer, kill, random, arranged));
            }
            let (_alive, never) = std::sync::mpsc::channel::<()>();
            let _ = never.recv_timeout(after);
            server.kill();
        });
        server.restart();
        let known = arranged.lock().unwrap().clone();
        if let Err(what) = check(&server, &known) {
            panic!(
                "WACHPOST_SEED={seed}, kill {kill}: {what}\n\nThe log ends with:\n{}",
                look::log_tail(&server)
            );
        }
    }
    look::verify(&server).unwrap();
    let count = arranged.lock().unwrap().len();
    eprintln!("{kills} kills, {count} acknowledged meetings");
    assert!(
        count as u64 > kills * 3,
        "only {count} meetings: that is no load"
    );
}

/// Arranges meetings until the connection breaks.
fn arrange(
    port: u16,
    organizer: usize,
    kill: u64,
    mut random: Random,
    arranged: &Mutex<Vec<Arranged>>,
) {
    let Some(mut client) = Client::sign_in(port, organizer) else {
        return;
    };
    for step in 0.. {
        let meeting = Arranged {
            organizer,
            participant: (organizer + 1) % PEOPLE,
            number: kill * 1_000_000 + organizer as u64 * 100_000 + step,
            begin: random.below(HALF_HOURS),
        };
        match client.ask("PUT", &meeting.path(), &meeting.text()) {
            Some((201, _)) => arranged.lock().unwrap().push(meeting),
            Some((status, body)) => panic!("a meeting was refused with {status}: {body}"),
            None => return,
        }
    }
}

/// Whether each acknowledged meeting is with its organizer, its participant and, answered, with the room.
fn check(server: &TestServer, arranged: &[Arranged]) -> Result<(), String> {
    let began = Instant::now();
    loop {
        match look_once(server, arranged) {
            Ok(()) => return Ok(()),
            Err(what) if began.elapsed() > PATIENCE => return Err(what),
            Err(_) => {}
        }
    }
}

fn look_once(server: &TestServer, arranged: &[Arranged]) -> Result<(), String> {
    let mut calendars = Vec::new();
    for number in 0..PEOPLE {
        calendars.push(calendar(server, number)?);
    }
    let mut booked = Vec::new();
    for meeting in arranged {
        let own = event(&calendars[meeting.organizer], meeting)
            .ok_or_else(|| format!("{meeting:?} is not with its organizer"))?;
        event(&calendars[meeting.participant], meeting)
            .ok_or_else(|| format!("{meeting:?} is not with its participant"))?;
        if own.contains("PARTSTAT=ACCEPTED") {
            booked.push(meeting.begin);
        } else if !own.contains("PARTSTAT=DECLINED") {
            return Err(format!("the room has not answered {meeting:?}: {own}"));
        }
    }
    booked.sort_unstable();
    // Each meeting takes an hour: two half hours.
    match booked.windows(2).find(|pair| pair[1] < pair[0] + 2) {
        Some(pair) => Err(format!("the room is booked twice: {pair:?}")),
        None => Ok(()),
    }
}

/// All events of a person's calendar, as one text.
fn calendar(server: &TestServer, number: usize) -> Result<String, String> {
    let query = "<C:calendar-query xmlns:D=\"DAV:\" xmlns:C=\"urn:ietf:params:xml:ns:caldav\"><D:prop><C:calendar-data/>\
                 </D:prop><C:filter><C:comp-filter name=\"VCALENDAR\"/></C:filter></C:calendar-query>";
    let mut client =
        Client::sign_in(server.http_port(), number).ok_or("the server does not listen")?;
    let path = format!("/dav/calendars/{}/calendar/", person(number));
    match client.ask("REPORT", &path, query) {
        Some((207, body)) => Ok(body.replace("&#13;\n ", "")),
        other => Err(format!("the calendar cannot be read: {other:?}")),
    }
}

/// The event of a meeting.
fn event<'a>(calendar: &'a str, meeting: &Arranged) -> Option<&'a str> {
    let uid = format!("UID:meeting{}&#13;", meeting.number);
    calendar
        .split("BEGIN:VCALENDAR")
        .find(|event| event.contains(&uid))
}

impl Arranged {
    fn path(&self) -> String {
        format!(
            "/dav/calendars/{}/calendar/meeting{}.ics",
            person(self.organizer),
            self.number
        )
    }

    fn text(&self) -> String {
        format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//crash//EN\r\nBEGIN:VEVENT\r\nUID:meeting{}\r\n\
             DTSTAMP:20260101T000000Z\r\nDTSTART:{}\r\nDTEND:{}\r\nSUMMARY:Meeting\r\nORGANIZER:mailto:{}\r\n\
             ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{}\r\nATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{ROOM}\r\n\
             END:VEVENT\r\nEND:VCALENDAR\r\n",
            self.number,
            half_hour(self.begin),
            half_hour(self.begin + 2),
            person(self.organizer),
            person(self.participant),
        )
    }
}

/// A half hour of 2026, in months of 28 days.
fn half_hour(number: u64) -> String {
    let (day, half) = (number / 48, number % 48);
    let (hour, minute) = (half / 2, half % 2 * 30);
    format!(
        "2026{:02}{:02}T{hour:02}{minute:02}00Z",
        day / 28 + 1,
        day % 28 + 1
    )
}

/// A connection that ends when the server does.
struct Client {
    authorization: String,
    stream: BufReader<TcpStream>,
}

impl Client {
    fn sign_in(port: u16, number: usize) -> Option<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let credentials = STANDARD.encode(format!("{}:{PASSWORD}", person(number)));
        Some(Self {
            authorization: format!("Authorization: Basic {credentials}"),
            stream: BufReader::new(stream),
        })
    }

    /// Status and body; none if the connection broke.
    fn ask(&mut self, method: &str, path: &str, body: &str) -> Option<(u16, String)> {
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\n{}\r\nContent-Length: {length}\r\n\r\n{body}",
            self.authorization
        );
        self.stream.get_mut().write_all(request.as_bytes()).ok()?;
        let status = self.line()?.split(' ').nth(1)?.parse().ok()?;
        let (mut length, mut chunked) = (0, false);
        loop {
            let field = self.line()?.to_ascii_lowercase();
            if field.is_empty() {
                break;
            }
            if let Some(value) = field.strip_prefix("content-length:") {
                length = value.trim().parse().ok()?;
            }
            chunked |= field.starts_with("transfer-encoding:");
        }
        let mut body = Vec::new();
        if chunked {
            loop {
                let size = usize::from_str_radix(&self.line()?, 16).ok()?;
                let start = body.len();
                body.resize(start + size, 0);
                self.stream.read_exact(&mut body[start..]).ok()?;
                self.line()?;
                if size == 0 {
                    break;
                }
            }
        } else {
            body.resize(length, 0);
            self.stream.read_exact(&mut body).ok()?;
        }
        Some((status, String::from_utf8(body).ok()?))
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let count = self.stream.read_line(&mut line).ok()?;
        line.truncate(line.trim_end().len());
        (count > 0).then_some(line)
    }
}
