//! Somebody with a calendar, who does what their program would do.

use crate::clients::dav::http::{Http, elements, unfolded};
use crate::clients::site::Site;

const ICS: &str = "text/calendar; charset=utf-8";

/// A person at their calendar.
pub(super) struct Person {
    pub(super) address: String,
    http: Http,
}

impl Person {
    pub(super) fn of(site: &Site, address: &str) -> Self {
        Self {
            address: address.to_owned(),
            http: Http::sign_in(site, address),
        }
    }

    fn calendar(&self) -> String {
        format!("/dav/calendars/{}/calendar/", self.address)
    }

    pub(super) fn put_new(&mut self, uid: &str, text: &str) {
        let path = format!("{}{uid}.ics", self.calendar());
        self.http.create(&path, ICS, text.as_bytes()).wanted(201);
    }

    /// The path and the unfolded text of the object with the UID.
    #[track_caller]
    pub(super) fn object(&mut self, uid: &str) -> (String, String) {
        let calendar = self.calendar();
        let (path, text) = self.http.the_one_with(&calendar, &format!("UID:{uid}\r\n"));
        (path, unfolded(&text))
    }

    pub(super) fn object_if_there(&mut self, uid: &str) -> Option<String> {
        let calendar = self.calendar();
        let objects = self.http.objects(&calendar).into_iter();
        let mut objects = objects.map(|text| unfolded(&text));
        objects.find(|text| text.contains(&format!("UID:{uid}\r\n")))
    }

    /// Replaces what has the UID, as a program does that read it a moment ago.
    pub(super) fn put(&mut self, uid: &str, text: &str) {
        let (path, _) = self.object(uid);
        let tag = self
            .http
            .get(&path)
            .field("schedule-tag")
            .map(str::to_owned);
        let tag = tag.expect("a scheduling object has a Schedule-Tag");
        let fields = [
            ("Content-Type", ICS),
            ("If-Schedule-Tag-Match", tag.as_str()),
        ];
        self.http
            .ask("PUT", &path, &fields, text.as_bytes())
            .wanted(204);
    }

    pub(super) fn answer(&mut self, uid: &str, part_stat: &str) {
        let text = self.object(uid).1;
        let address = self.address.clone();
        self.put(uid, &answered(&text, &address, part_stat));
    }

    pub(super) fn delete(&mut self, uid: &str) {
        let (path, _) = self.object(uid);
        self.http.ask("DELETE", &path, &[], b"").wanted(204);
    }

    /// The messages in the scheduling inbox.
    pub(super) fn inbox(&mut self) -> Vec<String> {
        let path = format!("/dav/calendars/{}/inbox/", self.address);
        let messages = self.http.objects(&path).into_iter();
        messages.map(|text| unfolded(&text)).collect()
    }

    /// When something begins, in UTC, as the server expands it.
    pub(super) fn starts_in_march_and_april(&mut self) -> Vec<String> {
        let range = r#"start="20310301T000000Z" end="20310501T000000Z""#;
        let body = format!(
            r#"<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
            <D:prop><C:calendar-data><C:expand {range}/></C:calendar-data></D:prop>
            <C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter name="VEVENT"><C:time-range {range}/>
            </C:comp-filter></C:comp-filter></C:filter></C:calendar-query>"#
        );
        let calendar = self.calendar();
        let answer = self.http.xml("REPORT", &calendar, "1", &body).wanted(207);
        let text = unfolded(&answer.text().replace("&#13;", "\r"));
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("DTSTART:"));
        let mut starts: Vec<String> = lines.map(|start| start.trim().to_owned()).collect();
        starts.sort();
        starts
    }

    /// What one is asked for when somebody looks for a free time.
    pub(super) fn ask_busy(&mut self, of: &[&str], start: &str, end: &str) -> String {
        let attendees: String = of
            .iter()
            .map(|address| format!("ATTENDEE:mailto:{address}\r\n"))
            .collect();
        let question = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Apple Inc.//macOS 15.1//EN\r\nMETHOD:REQUEST\r\n\
             BEGIN:VFREEBUSY\r\nUID:busy-{start}\r\nDTSTAMP:20310101T000000Z\r\nDTSTART:{start}\r\nDTEND:{end}\r\n\
             ORGANIZER:mailto:{}\r\n{attendees}END:VFREEBUSY\r\nEND:VCALENDAR\r\n",
            self.address
        );
        let path = format!("/dav/calendars/{}/outbox/", self.address);
        let answer = self
            .http
            .ask("POST", &path, &[("Content-Type", ICS)], question.as_bytes());
        answer.wanted(200).text().replace("&#13;", "\r")
    }

    /// The busy times of one.
    pub(super) fn busy(&mut self, of: &str, start: &str, end: &str) -> String {
        let text = self.ask_busy(&[of], start, end);
        let data = elements(&text, "C:calendar-data");
        let lines = unfolded(data.first().expect("an answer has free/busy in it"));
        let lines = lines.lines().filter(|line| line.starts_with("FREEBUSY"));
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// The PARTSTAT of somebody in each component of an unfolded text.
pub(super) fn part_stats(text: &str, address: &str) -> Vec<String> {
    let end = format!("mailto:{address}");
    let lines = text.lines().filter(|line| line.starts_with("ATTENDEE"));
    lines
        .filter(|line| line.to_ascii_lowercase().ends_with(&end))
        .map(part_stat)
        .collect()
}

fn part_stat(line: &str) -> String {
    let parameter = line
        .split(';')
        .find_map(|part| part.strip_prefix("PARTSTAT="));
    let value = parameter.unwrap_or("NEEDS-ACTION");
    value.split([':', ';']).next().unwrap_or(value).to_owned()
}

/// The text with somebody's answer in every component.
pub(super) fn answered(text: &str, address: &str, part_stat: &str) -> String {
    let lines = text.lines().map(|line| {
        if line.starts_with("ATTENDEE") && line.ends_with(&format!("mailto:{address}")) {
            format!("ATTENDEE;CUTYPE=INDIVIDUAL;PARTSTAT={part_stat}:mailto:{address}\r\n")
        } else {
            format!("{line}\r\n")
        }
    });
    lines.collect()
}

/// The text with an override for the last instance, which somebody declines.
pub(super) fn only_instance_declined(text: &str, address: &str) -> String {
    let start = text.find("BEGIN:VEVENT").expect("there is an event");
    let end =
        text[start..].find("END:VEVENT\r\n").expect("it ends") + start + "END:VEVENT\r\n".len();
    let lines = text[start..end]
        .lines()
        .filter(|line| !line.starts_with("RRULE"));
    let event: String = lines
        .map(|line| match line {
            "DTSTART;TZID=Europe/Berlin:20310317T100000" => {
                "RECURRENCE-ID;TZID=Europe/Berlin:20310407T100000\r\nDTSTART;TZID=Europe/Berlin:20310407T100000\r\n".to_owned()
            }
            "DTEND;TZID=Europe/Berlin:20310317T110000" => "DTEND;TZID=Europe/Berlin:20310407T110000\r\n".to_owned(),
            line => format!("{line}\r\n"),
        })
        .collect();
    let event = answered(&event, address, "DECLINED");
    format!("{}{event}{}", &text[..end], &text[end..])
}
