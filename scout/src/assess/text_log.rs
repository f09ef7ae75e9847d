//! Text log: a log of Exchange or IIS, looked through in blocks of lines.
//!
//! Of every row only the time, the build and, once an hour, the address are looked at; where one of the words of [`questions`]
//! stands, the row is read in full. No memory is asked for per row.

mod questions;

mod rows;

use std::io;

use evidence::field::{self, Field};
use evidence::{Columns, Kind, Moment, columns, place};

use super::clocks::{FileClock, Ids, id_of};
use super::collected::{Collected, server_name};
use super::trace::is_public;
use crate::builds::Build;
use rows::Positions;

/// Logs of the web server, as reports name them.
pub(super) const IIS: &str = "IIS";

/// Octets of a time that are compared from row to row: date and hour.
const HOUR_OCTETS: usize = 13;
/// Octets of a time that are kept of the last row.
const TIME_OCTETS: usize = 24;

/// A log that is being read.
pub(crate) struct TextLog<'a> {
    label: &'a str,
    kind: Kind,
    to: &'a mut Collected,
    columns: Columns,
    positions: Positions,
    /// The name of the kind, once it is known.
    coverage: String,
    hour: [u8; HOUR_OCTETS],
    /// The time of the last row, not read.
    last: [u8; TIME_OCTETS],
    /// The moment of the first row of the hour.
    now: Option<Moment>,
    /// The build as it stood in the last row.
    build_text: Vec<u8>,
    build: Option<Build>,
    server: String,
    /// Lines before the block.
    lines: u64,
    rows: u64,
    /// Where the clock is not known before all is read.
    clock: Option<FileClock>,
    /// Requests of the front end.
    ids: Ids,
}

impl<'a> TextLog<'a> {
    pub(crate) fn new(label: &'a str, kind: Kind, to: &'a mut Collected) -> Self {
        let columns = match kind {
            Kind::HttpProxy => Columns::parse(columns::HTTP_PROXY),
            Kind::EcpServer | Kind::EcpActivity => Columns::parse(columns::ECP_SERVER),
            Kind::Iis => Columns::parse_w3c(columns::IIS),
            Kind::RpsCmdlet => Columns::parse(columns::RPS_CMDLET),
            Kind::Smtp => Columns::parse(columns::SMTP),
            Kind::ImapPop => Columns::parse(columns::IMAP_POP),
            Kind::Ews => Columns::parse(columns::EWS),
            Kind::MessageTracking => Columns::parse(columns::MESSAGE_TRACKING),
            _ => Columns::default(),
        };
        let positions = Positions::of(&columns);
        Self {
            label,
            kind,
            to,
            columns,
            positions,
            coverage: String::new(),
            hour: [0; HOUR_OCTETS],
            last: [b' '; TIME_OCTETS],
            now: None,
            build_text: Vec::new(),
            build: None,
            server: String::new(),
            lines: 0,
            rows: 0,
            clock: (kind == Kind::Iis).then(|| FileClock {
                file: label.to_owned(),
                ..FileClock::default()
            }),
            ids: Ids::default(),
        }
    }

    /// Looks through a block of whole lines.
    pub(crate) fn block(&mut self, block: &[u8]) -> io::Result<()> {
        let first_line = self.lines + 1;
        let mut from = 0;
        for end in memchr::memchr_iter(b'\n', block) {
            self.line(&block[from..end]);
            from = end + 1;
        }
        if from < block.len() {
            self.line(&block[from..]);
        }
        self.search(block, first_line);
        Ok(())
    }

    /// Tells what the log covers; called once, after the last block, or where reading failed.
    pub(crate) fn finish(mut self) {
        self.end_of_stretch();
        if self.coverage.is_empty() {
            self.name_coverage(&[]);
        }
        let rows = self.rows;
        self.to.rows += rows;
        self.to.clocks.in_utc.merge(self.ids);
        let too_many = self.clock.and_then(|clock| self.to.clocks.keep(clock));
        if let Some(clock) = too_many {
            super::clocks::take_over(&clock, 0, self.to);
        }
        let log = self.to.log(&self.coverage);
        log.files += 1;
        log.rows += rows;
    }

    fn line(&mut self, line: &[u8]) {
        self.lines += 1;
        match line.first() {
            None | Some(b'\r') => return,
            Some(b'#') => return self.head(line),
            Some(first) if !first.is_ascii_digit() => {
                if is_names(line) {
                    self.head(line);
                }
                return;
            }
            Some(_) => {}
        }
        self.rows += 1;
        if line.len() < HOUR_OCTETS {
            return;
        }
        if line[..HOUR_OCTETS] != self.hour {
            self.new_hour(line);
        }
        let keep = line.len().min(TIME_OCTETS);
        self.last[..keep].copy_from_slice(&line[..keep]);
        self.look_at_build(line);
        self.look_at_id(line);
        if self.positions.client.is_some() {
            self.look_at_address(line);
        }
    }

    /// The head of a log: which columns there are.
    fn head(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let is_fields = text.starts_with("#Fields:");
        if !is_fields && text.starts_with('#') {
            return;
        }
        self.columns = if self.kind == Kind::Iis {
            Columns::parse_w3c(&text)
        } else {
            Columns::parse(&text)
        };
        self.positions = Positions::of(&self.columns);
        self.build_text.clear();
    }

    /// A row of another hour than the one before.
    fn new_hour(&mut self, line: &[u8]) {
        self.end_of_stretch();
        let Some(now) = time_of(line, self.kind) else {
            return;
        };
        self.hour.copy_from_slice(&line[..HOUR_OCTETS]);
        self.now = Some(now);
        self.build_text.clear();
        let mut fields = Vec::new();
        self.split(line, &mut fields);
        if self.coverage.is_empty() {
            self.name_coverage(&fields);
        }
        if let Some(server) = self.positions.server.and_then(|at| fields.get(at))
            && !server.is_empty()
        {
            self.server = server_name(&server.text());
            if self.to.servers.len() < 10_000 && self.kind != Kind::Iis {
                self.to.servers.insert(self.server.clone());
                if self.kind == Kind::HttpProxy {
                    self.to.fronts.insert(self.server.clone());
                }
            }
        }
        self.saw(now);
    }

    /// Notes that something was written at a time, by the file's own clock.
    fn saw(&mut self, at: Moment) {
        match &mut self.clock {
            Some(clock) => clock.log.saw(at),
            None => self.to.log(&self.coverage).saw(at),
        }
    }

    /// The last row before something changes: a log covers all up to there.
    fn end_of_stretch(&mut self) {
        if self.now.is_none() {
            return;
        }
        let Some(last) = time_of(&self.last, self.kind) else {
            return;
        };
        if self.coverage.is_empty() {
            return;
        }
        self.saw(last);
        if let Some(build) = self.build {
            self.to.saw_build(&self.server, build, last);
        }
    }

    fn look_at_build(&mut self, line: &[u8]) {
        let text = match self.kind {
            Kind::HttpProxy | Kind::Ews | Kind::RpsCmdlet => {
                self.positions.major.and_then(|at| four_columns(line, at))
            }
            Kind::MessageTracking => Some(line.trim_ascii_end())
                .and_then(|line| line.get(memchr::memrchr(b',', line)? + 1..)),
            Kind::EcpServer | Kind::EcpActivity => questions::build_in_pairs(line),
            _ => None,
        };
        let Some(text) = text else { return };
        if text == self.build_text {
            return;
        }
        let same_hour = !self.build_text.is_empty();
        if same_hour {
            self.end_of_stretch_before(line);
        }
        self.build_text.clear();
        self.build_text
            .extend_from_slice(&text[..text.len().min(64)]);
        let dotted = String::from_utf8_lossy(text).replace(',', ".");
        self.build = Build::parse(&dotted);
        if let (Some(build), Some(at)) = (self.build, time_of(line, self.kind)) {
            self.to.saw_build(&self.server, build, at);
        }
    }

    /// Another build within the hour: the one before was seen up to now.
    fn end_of_stretch_before(&mut self, line: &[u8]) {
        if let (Some(build), Some(at)) = (self.build, time_of(line, self.kind)) {
            // The row itself has the new build already.
            self.to.saw_build(&self.server, build, at.plus_ms(-1));
        }
    }

    /// Once an hour it is enough to know that somebody from outside came.
    fn look_at_address(&mut self, line: &[u8]) {
        let Some(now) = self.now else { return };
        let outside = match &mut self.clock {
            Some(clock) => &mut clock.outside,
            None => &mut self.to.outside,
        };
        if outside.contains_key(&now.hour()) {
            return;
        }
        let Some(at) = self.positions.client else {
            return;
        };
        let sign = if self.kind == Kind::Iis { b' ' } else { b',' };
        let Some(address) = column(line, at, sign) else {
            return;
        };
        let is_outside = std::str::from_utf8(address).is_ok_and(is_public);
        if is_outside && let Some(at) = time_of(line, self.kind) {
            outside.insert(now.hour(), at);
        }
    }

    /// Requests that two logs have tell how far apart their clocks are.
    fn look_at_id(&mut self, line: &[u8]) {
        let (Some(now), kind) = (self.now, self.kind) else {
            return;
        };
        let (ids, id) = match (&mut self.clock, kind) {
            (Some(clock), _) => {
                // Behind what the caller sent, the front end writes its id; the last one is the front end's.
                let query = self.positions.query.and_then(|at| column(line, at, b' '));
                (&mut clock.ids, query.and_then(questions::id_in_query))
            }
            (None, Kind::HttpProxy) => {
                let request = self.positions.request;
                let id = request.and_then(|at| column(line, at, b','));
                (&mut self.ids, id)
            }
            (None, _) => return,
        };
        if let Some(id) = id.and_then(id_of) {
            ids.look(now.hour(), id, || time_of(line, kind));
        }
    }

    fn name_coverage(&mut self, fields: &[Field<'_>]) {
        let name = match self.kind {
            Kind::HttpProxy => {
                let protocol = self
                    .positions
                    .protocol
                    .and_then(|at| fields.get(at))
                    .map(|field| field.text().into_owned());
                let protocol = protocol
                    .filter(|protocol| !protocol.is_empty())
                    .or_else(|| protocol_of(self.label));
                let known = protocol.and_then(|protocol| {
                    evidence::kind::PROTOCOLS
                        .into_iter()
                        .find(|known| known.eq_ignore_ascii_case(&protocol))
                });
                format!("HttpProxy {}", known.unwrap_or("of unknown protocol"))
            }
            kind => questions::coverage_of(kind).to_owned(),
        };
        self.coverage = name;
    }

    /// Splits a row as its kind has it.
    fn split<'r>(&self, row: &'r [u8], fields: &mut Vec<Field<'r>>) {
        let row = row.strip_suffix(b"\r").unwrap_or(row);
        if self.kind == Kind::Iis {
            fields.clear();
            fields.extend(
                row.split(|octet| *octet == b' ')
                    .take(field::COLUMNS_MAX)
                    .map(Field::plain),
            );
        } else {
            field::split(row, fields);
        }
    }
}

/// The time at the beginning of a row; IIS has a blank between date and time.
fn time_of(line: &[u8], kind: Kind) -> Option<Moment> {
    if kind == Kind::Iis {
        return Moment::parse_octets(line.get(..19)?);
    }
    let end = memchr::memchr2(b',', b' ', line)
        .unwrap_or(line.len())
        .min(40);
    Moment::parse_octets(&line[..end])
}

/// One column, quotes not regarded: those before it hold none.
fn column(line: &[u8], at: usize, sign: u8) -> Option<&[u8]> {
    let mut signs = memchr::memchr_iter(sign, line);
    let from = if at == 0 { 0 } else { signs.nth(at - 1)? + 1 };
    let end = signs.next().unwrap_or(line.len());
    Some(&line[from..end])
}

/// Four columns with the commas between them.
fn four_columns(line: &[u8], at: usize) -> Option<&[u8]> {
    let mut signs = memchr::memchr_iter(b',', line);
    let from = if at == 0 { 0 } else { signs.nth(at - 1)? + 1 };
    let end = signs.nth(3)?;
    Some(&line[from..end])
}

/// Whether a row has the names of columns.
fn is_names(line: &[u8]) -> bool {
    const FIRST: [&[u8]; 7] = [
        b"DateTime,",
        b"TimeStamp,",
        b"Timestamp,",
        b"date-time,",
        b"dateTime,",
        b"\xef\xbb\xbfDateTime,",
        b"StartTime,",
    ];
    FIRST.iter().any(|first| line.starts_with(first))
}

/// The protocol that a path names: `.../HttpProxy/Ecp/...`, `Ecp__HttpProxy_...`.
fn protocol_of(label: &str) -> Option<String> {
    let normal = place::normal(label);
    if let Some((_, below)) = normal.split_once("/httpproxy/") {
        return below.split('/').next().map(str::to_owned);
    }
    let name = place::name(label);
    name.split_once("__httpproxy")
        .map(|(protocol, _)| protocol.to_owned())
}
