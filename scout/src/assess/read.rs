//! Read: one file of evidence, whatever it is, down to what lies in archives.

use std::io::{self, Cursor, Read, Seek};
use std::time::SystemTime;

use evidence::archive::{self, Entry};
use evidence::kind::{HEAD_OCTETS, recognise};
use evidence::{Kind, Moment, event, iis_config, place, records, text};

use super::collected::Collected;
use super::text_log::TextLog;
use super::trace::cite;
use super::walk::Found;
use super::{events, exports, files, inventory, lines, source};
use crate::assessment::{Clock, ClockTold};
use crate::baseline::rules::Rules;

/// Octets of an export in CLIXML, of a configuration or of an array of JSON, which are read as a whole.
const WHOLE_OCTETS_MAX: u64 = 512 * 1_048_576;

/// What all files are read with.
#[derive(Clone, Copy)]
pub(crate) struct With<'a> {
    /// Rules that are tried on pages and small files.
    pub(crate) rules: Option<&'a Rules>,
    /// Is told how many octets were read.
    pub(crate) tick: &'a dyn Fn(u64),
}

/// Reads one file; what cannot be read is noted in `to`.
pub(crate) fn file(found: &Found, to: &mut Collected, with: &With<'_>) {
    let result = source::open(found).and_then(|mut reader| {
        let at = modified(reader.get_ref());
        let mut part = Part {
            label: &found.label,
            octets: found.octets,
            at,
            depth: 0,
            with: *with,
        };
        part.read_seekable(&mut reader, to)
    });
    if let Err(error) = result {
        to.pass(&found.label, error.to_string());
    }
}

/// Reads octets as if they were a file of that name.
pub(crate) fn octets(label: &str, octets: &[u8], to: &mut Collected, with: &With<'_>) {
    let mut part = Part {
        label,
        octets: octets.len() as u64,
        at: None,
        depth: 0,
        with: *with,
    };
    if let Err(error) = part.read_seekable(&mut Cursor::new(octets), to) {
        to.pass(label, error.to_string());
    }
}

/// When a file was last changed.
fn modified(file: &std::fs::File) -> Option<Moment> {
    let since = file
        .metadata()
        .ok()?
        .modified()
        .ok()?
        .duration_since(SystemTime::UNIX_EPOCH)
        .ok()?;
    i64::try_from(since.as_millis()).ok().map(Moment)
}

/// A file, or what lies in one.
struct Part<'a> {
    label: &'a str,
    octets: u64,
    at: Option<Moment>,
    depth: usize,
    with: With<'a>,
}

impl Part<'_> {
    /// What can be read back and forth: a file itself, or what is held in memory.
    fn read_seekable<R: Read + Seek>(
        &mut self,
        reader: &mut R,
        to: &mut Collected,
    ) -> io::Result<()> {
        let head = head_of(reader)?;
        let kind = self.kind(&head);
        match kind {
            Kind::Evtx => {
                source::rewind(reader)?;
                self.evtx(reader, to)
            }
            Kind::Zip => self.zip(reader, to),
            Kind::Gzip => {
                source::rewind(reader)?;
                let inner = self
                    .label
                    .strip_suffix(".gz")
                    .unwrap_or(self.label)
                    .to_owned();
                let mut stream = source::gunzip(reader, self.octets);
                self.inner(&inner, self.octets, &mut stream, to)
            }
            _ => self.stream(kind, &head, reader, to),
        }
    }

    /// What lies in this part.
    fn inner(
        &self,
        label: &str,
        octets: u64,
        reader: &mut dyn Read,
        to: &mut Collected,
    ) -> io::Result<()> {
        if self.depth >= source::DEPTH_MAX {
            return Err(io::Error::other("archives lie too deep in each other"));
        }
        let mut part = Part {
            label,
            octets,
            at: self.at,
            depth: self.depth + 1,
            with: self.with,
        };
        let head = head_of(reader)?;
        let kind = part.kind(&head);
        if matches!(kind, Kind::Evtx | Kind::Zip | Kind::Gzip) {
            let mut held = head;
            held.extend(source::hold(reader, source::HELD_OCTETS_MAX)?);
            part.octets = held.len() as u64;
            return part.read_seekable(&mut Cursor::new(held), to);
        }
        part.stream(kind, &head, reader, to)
    }

    fn kind(&self, head: &[u8]) -> Kind {
        let (writing, mark) = text::Writing::of(head);
        if writing.is_utf8() {
            return recognise(self.label, &head[mark..]);
        }
        let turned = text::whole(head);
        recognise(self.label, turned.as_bytes())
    }

    fn zip<R: Read + Seek>(&self, reader: &mut R, to: &mut Collected) -> io::Result<()> {
        let entries = archive::list(reader).map_err(io::Error::other)?;
        for entry in entries {
            let label = format!("{}!{}", self.label, shown(&entry));
            let result = source::entry(reader, &entry)
                .and_then(|mut stream| self.inner(&label, entry.packed, &mut *stream, to));
            if let Err(error) = result {
                to.pass(&label, error.to_string());
            }
        }
        Ok(())
    }

    fn evtx<R: Read + Seek>(&self, reader: &mut R, to: &mut Collected) -> io::Result<()> {
        to.files += 1;
        to.inventory.give(self.label);
        let label = self.label;
        let faults = event::read_evtx(reader, |event| {
            events::ask(&event, label, event.record, to);
        });
        let faults = faults.map_err(io::Error::other)?;
        if faults > 0 {
            to.pass(
                label,
                format!("{faults} records of the event log are broken"),
            );
        }
        to.octets += self.octets;
        (self.with.tick)(self.octets);
        Ok(())
    }

    /// What is read from its beginning to its end, once.
    fn stream(
        &mut self,
        kind: Kind,
        head: &[u8],
        reader: &mut dyn Read,
        to: &mut Collected,
    ) -> io::Result<()> {
        to.inventory.give(self.label);
        let name = exports::kind_of_name(self.label).or_else(|| exports::list_of_name(self.label));
        if let Some(name) = name {
            to.log(name).files += 1;
        }
        let mut counted = Counted {
            inner: Cursor::new(head).chain(reader),
            octets: 0,
            told: 0,
            tick: self.with.tick,
        };
        let result = match kind {
            Kind::Unknown => match self.with.rules {
                Some(rules) if self.octets <= files::PAGE_OCTETS_MAX => {
                    source::hold(&mut counted, files::PAGE_OCTETS_MAX).map(|held| {
                        files::ask_rules(self.label, &held, self.at, rules, to);
                    })
                }
                _ => return Ok(()),
            },
            Kind::EventLines => self.event_lines(&mut counted, to),
            Kind::Table => self.table(&mut counted, to),
            Kind::Clixml => self.clixml(&mut counted, to),
            Kind::IisConfig => self.iis_config(&mut counted, to),
            Kind::CompiledPage => source::hold(&mut counted, files::PAGE_OCTETS_MAX).map(|held| {
                files::ask_compiled(self.label, &text::whole(&held), self.at, to);
            }),
            Kind::Page => source::hold(&mut counted, files::PAGE_OCTETS_MAX).map(|held| {
                files::ask_page(self.label, &held, self.at, to);
                if let Some(rules) = self.with.rules {
                    files::ask_rules(self.label, &held, self.at, rules, to);
                }
            }),
            Kind::AuditJson => source::hold(&mut counted, WHOLE_OCTETS_MAX).map(|held| {
                let whole = text::whole(&held);
                evidence::audit::read_audits(&whole, |number, record| {
                    let shown = format!("{} {} {}", record.operation, record.user, record.object);
                    exports::ask_audit(&record, cite(self.label, number, shown.as_bytes()), to);
                });
            }),
            Kind::Evtx | Kind::Gzip | Kind::Zip => {
                Err(io::Error::other("an archive where none was expected"))
            }
            _ => self.text_log(kind, &mut counted, to),
        };
        to.files += 1;
        to.octets += counted.octets;
        counted.tell();
        result
    }

    fn text_log(&self, kind: Kind, reader: &mut dyn Read, to: &mut Collected) -> io::Result<()> {
        let mut log = TextLog::new(self.label, kind, to);
        let result = lines::blocks(reader, &mut |block| log.block(block));
        log.finish();
        let cut = result?;
        if cut > 0 {
            to.pass(self.label, format!("{cut} lines are too long and were cut"));
        }
        Ok(())
    }

    fn event_lines(&self, reader: &mut dyn Read, to: &mut Collected) -> io::Result<()> {
        let (mut number, mut shift, mut faults) = (0_u64, None, 0_u64);
        let label = self.label;
        let result = lines::blocks(reader, &mut |block| {
            // The events before the first of Sysmon are shifted as well: they are in the same block.
            if shift.is_none() {
                shift = block
                    .split(|octet| *octet == b'\n')
                    .take(2_000)
                    .filter_map(event::parse_line)
                    .find_map(|event| event::utc_shift(&event));
            }
            for line in block.split_inclusive(|octet| *octet == b'\n') {
                number += 1;
                match event::parse_line(line) {
                    Some(mut event) => {
                        event.at = event.at.map(|at| at.plus_ms(shift.unwrap_or(0)));
                        events::ask(&event, label, number, to);
                    }
                    None if line.trim_ascii().is_empty() => {}
                    None => faults += 1,
                }
            }
            Ok(())
        });
        if faults > 0 {
            to.pass(label, format!("{faults} lines are no events"));
        }
        to.clocks.tell(Clock {
            file: label.to_owned(),
            // What is added to come to UTC.
            ahead_minutes: -shift.unwrap_or(0) / 60_000,
            told_by: shift.map_or(ClockTold::Nothing, |_| ClockTold::Sysmon),
            requests: 0,
        });
        result.map(|_| ())
    }

    fn table(&self, reader: &mut dyn Read, to: &mut Collected) -> io::Result<()> {
        let mut turned = Turned::new(reader)?;
        let label = self.label;
        let result = records::read_table(
            io::BufReader::with_capacity(64 * 1024, &mut turned),
            |record| self.record(&record, to),
        );
        result.map_err(|error| io::Error::other(format!("{label}: {error}")))
    }

    fn clixml(&self, reader: &mut dyn Read, to: &mut Collected) -> io::Result<()> {
        let held = source::hold(reader, WHOLE_OCTETS_MAX)?;
        let (records, fault) = records::read_clixml(&text::whole(&held));
        for record in &records {
            self.record(record, to);
        }
        fault.map_or(Ok(()), |fault| Err(io::Error::other(fault)))
    }

    fn record(&self, record: &records::Record, to: &mut Collected) {
        to.rows += 1;
        if let Some(kind) = exports::kind_of_name(self.label) {
            to.log(kind).rows += 1;
        }
        if inventory::is_list(self.label) {
            to.log(inventory::LIST).rows += 1;
            files::ask_log(record, to);
        } else if files::is_listed(record) {
            files::ask_record(record, self.label, to);
        } else {
            exports::ask(record, self.label, to);
        }
    }

    fn iis_config(&self, reader: &mut dyn Read, to: &mut Collected) -> io::Result<()> {
        let held = source::hold(reader, WHOLE_OCTETS_MAX)?;
        let (entries, fault) = iis_config::read_iis_config(&text::whole(&held));
        if place::name(self.label) == "applicationhost.config" {
            let log = to.log("configuration of IIS");
            log.files += 1;
            log.rows += entries.len() as u64;
        }
        for entry in &entries {
            exports::ask_config(entry, self.label, to);
        }
        fault.map_or(Ok(()), |fault| Err(io::Error::other(fault)))
    }
}

/// The name of a file of an archive, cut to what a report can show.
fn shown(entry: &Entry) -> String {
    let name: String = entry
        .name
        .chars()
        .filter(|sign| !sign.is_control())
        .take(300)
        .collect();
    name.replace('\\', "/")
}

/// Reads the first octets.
fn head_of<R: Read + ?Sized>(reader: &mut R) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD_OCTETS);
    reader.take(HEAD_OCTETS as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// A stream that counts.
struct Counted<'a, R> {
    inner: R,
    octets: u64,
    told: u64,
    tick: &'a dyn Fn(u64),
}

/// Octets after which progress is told.
const TELL_OCTETS: u64 = 4 * 1_048_576;

impl<R> Counted<'_, R> {
    fn tell(&mut self) {
        (self.tick)(self.octets - self.told);
        self.told = self.octets;
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(to)?;
        self.octets += read as u64;
        if self.octets - self.told >= TELL_OCTETS {
            self.tell();
        }
        Ok(read)
    }
}

/// A stream as UTF-8.
struct Turned<'a> {
    reader: &'a mut dyn Read,
    writing: text::Writing,
    ready: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<'a> Turned<'a> {
    fn new(reader: &'a mut dyn Read) -> io::Result<Self> {
        let mut head = Vec::new();
        (&mut *reader).take(256).read_to_end(&mut head)?;
        let (mut writing, mark) = text::Writing::of(&head);
        let mut ready = Vec::new();
        writing.append(&head[mark..], false, &mut ready);
        Ok(Self {
            reader,
            writing,
            ready,
            at: 0,
            ended: false,
        })
    }
}

impl Read for Turned<'_> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() && !self.ended {
            let mut piece = vec![0; 64 * 1024];
            let read = self.reader.read(&mut piece)?;
            self.ended = read == 0;
            self.ready.clear();
            self.at = 0;
            self.writing
                .append(&piece[..read], self.ended, &mut self.ready);
        }
        let taken = to.len().min(self.ready.len() - self.at);
        to[..taken].copy_from_slice(&self.ready[self.at..self.at + taken]);
        self.at += taken;
        Ok(taken)
    }
}
