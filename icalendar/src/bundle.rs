//! Bundle: a file that holds a whole calendar, taken apart into single objects and put together from them.

use std::collections::{BTreeMap, HashSet};

use crate::fault::Fault;
use crate::limit::{BUNDLE_OBJECTS_MAX, BUNDLE_OCTETS_MAX};

/// Takes a file with any number of events, tasks and journal entries apart: one text for each UID, with the time zones it
/// refers to. Lines are left as they are, byte for byte; METHOD is left out, and VERSION, PRODID and UID are added where they are missing.
///
/// The pieces are not judged: `CalendarObject::read` does that.
///
/// # Errors
/// [`Fault::TooLarge`]; [`Fault::Data`] if components do not close.
pub fn split(file: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
    if file.len() > BUNDLE_OCTETS_MAX {
        return Err(Fault::TooLarge {
            octets_max: BUNDLE_OCTETS_MAX,
        });
    }
    let mut texts = Vec::new();
    let mut calendar: Option<Calendar<'_>> = None;
    let mut open: Option<Open<'_>> = None;
    for (number, line) in (1..).zip(logical_lines(file)) {
        let (name, value) = (name_of(line), value_of(line));
        let (begins, ends) = (
            name.eq_ignore_ascii_case(b"BEGIN"),
            name.eq_ignore_ascii_case(b"END"),
        );
        match (&mut calendar, &mut open) {
            (None, _) if begins && value.eq_ignore_ascii_case(b"VCALENDAR") => {
                calendar = Some(Calendar::default())
            }
            (None, _) if line.trim_ascii().is_empty() => {}
            (None, _) => return Err(Fault::data(number, "a line outside of any calendar")),
            (Some(_), Some(component)) => {
                component.take(line, name, value, begins, ends, number)?;
                if component.depth == 0
                    && let (Some(done), Some(calendar)) = (open.take(), calendar.as_mut())
                {
                    calendar.close(done, number)?;
                }
            }
            (Some(_), none) if begins => *none = Some(Open::new(line, value)),
            (Some(_), None) if ends => calendar
                .take()
                .into_iter()
                .for_each(|done| done.write(&mut texts)),
            (Some(calendar), None) => calendar.lines.push(line),
        }
        if texts.len() > BUNDLE_OBJECTS_MAX {
            return Err(Fault::data(number, "too many objects"));
        }
    }
    if calendar.is_some() {
        return Err(Fault::data(0, "a calendar without END"));
    }
    Ok(texts)
}

/// One calendar file from many objects; each time zone stands in it once.
#[must_use]
pub fn join<'a>(objects: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut zones = HashSet::new();
    let mut text = format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{}\r\n",
        crate::zone::PRODUCT
    )
    .into_bytes();
    for object in objects {
        let mut open: Option<Open<'_>> = None;
        for line in logical_lines(object) {
            let (name, value) = (name_of(line), value_of(line));
            let (begins, ends) = (
                name.eq_ignore_ascii_case(b"BEGIN"),
                name.eq_ignore_ascii_case(b"END"),
            );
            if let Some(component) = &mut open {
                if component.take(line, name, value, begins, ends, 0).is_err() {
                    break;
                }
                if component.depth == 0
                    && let Some(done) = open.take()
                    && (!done.is_zone() || zones.insert(done.zone.to_vec()))
                {
                    done.lines
                        .iter()
                        .for_each(|line| push_line(&mut text, line));
                }
            } else if begins && !value.eq_ignore_ascii_case(b"VCALENDAR") {
                open = Some(Open::new(line, value));
            }
        }
    }
    text.extend_from_slice(b"END:VCALENDAR\r\n");
    text
}

/// A component directly in a calendar, being read.
struct Open<'file> {
    kind: &'file [u8],
    lines: Vec<&'file [u8]>,
    depth: usize,
    uid: &'file [u8],
    /// TZID of a time zone itself.
    zone: &'file [u8],
    /// Names of zones it refers to.
    refers: Vec<Vec<u8>>,
}

impl<'file> Open<'file> {
    fn new(line: &'file [u8], kind: &'file [u8]) -> Self {
        Self {
            kind,
            lines: vec![line],
            depth: 1,
            uid: b"",
            zone: b"",
            refers: Vec::new(),
        }
    }

    fn is_zone(&self) -> bool {
        self.kind.eq_ignore_ascii_case(b"VTIMEZONE")
    }

    fn take(
        &mut self,
        line: &'file [u8],
        name: &[u8],
        value: &'file [u8],
        begins: bool,
        ends: bool,
        number: usize,
    ) -> Result<(), Fault> {
        self.lines.push(line);
        self.depth = if begins {
            self.depth + 1
        } else {
            self.depth - usize::from(ends)
        };
        if self.depth > crate::limit::DEPTH_MAX {
            return Err(Fault::data(number, "components nest too deep"));
        }
        if self.depth == 1 && name.eq_ignore_ascii_case(b"UID") {
            self.uid = value;
        } else if self.depth == 1 && name.eq_ignore_ascii_case(b"TZID") {
            self.zone = value;
        } else if let Some(zone) = zone_of(line)
            && !self.refers.contains(&zone)
            && self.refers.len() < ZONES_MAX
        {
            self.refers.push(zone);
        }
        Ok(())
    }
}

/// Zones that one component refers to.
const ZONES_MAX: usize = 100;

/// A VCALENDAR being read.
#[derive(Default)]
struct Calendar<'file> {
    lines: Vec<&'file [u8]>,
    zones: BTreeMap<Vec<u8>, Vec<&'file [u8]>>,
    /// Components by UID; those without one stand alone.
    objects: BTreeMap<Vec<u8>, Vec<Open<'file>>>,
}

impl<'file> Calendar<'file> {
    fn close(&mut self, mut done: Open<'file>, number: usize) -> Result<(), Fault> {
        if done.is_zone() {
            self.zones.insert(done.zone.to_vec(), done.lines);
            return Ok(());
        }
        if self.objects.len() > BUNDLE_OBJECTS_MAX {
            return Err(Fault::data(number, "too many objects"));
        }
        let mut uid = done.uid.to_vec();
        if uid.is_empty() {
            // The same component gets the same UID at every import, so that it is not there twice.
            uid = format!("{:016x}@import.invalid", fingerprint(&done.lines)).into_bytes();
            done.uid = b"";
        }
        // Events and tasks of one UID are two objects (RFC 4791 4.1).
        let key = [done.kind.to_ascii_uppercase().as_slice(), b":", &uid].concat();
        self.objects.entry(key).or_default().push(done);
        Ok(())
    }

    fn write(self, texts: &mut Vec<Vec<u8>>) {
        let has = |name: &[u8]| {
            self.lines
                .iter()
                .any(|line| name_of(line).eq_ignore_ascii_case(name))
        };
        let (version, product) = (has(b"VERSION"), has(b"PRODID"));
        for (key, components) in &self.objects {
            let mut text = b"BEGIN:VCALENDAR\r\n".to_vec();
            if !version {
                text.extend_from_slice(b"VERSION:2.0\r\n");
            }
            if !product {
                text.extend_from_slice(format!("PRODID:{}\r\n", crate::zone::PRODUCT).as_bytes());
            }
            let kept = |line: &&&[u8]| {
                let name = name_of(line);
                // What describes the whole calendar is not the object's; a METHOD belongs to a message.
                [&b"VERSION"[..], b"PRODID", b"CALSCALE"]
                    .iter()
                    .any(|known| name.eq_ignore_ascii_case(known))
            };
            self.lines
                .iter()
                .filter(kept)
                .for_each(|line| push_line(&mut text, line));
            let mut zones: Vec<&Vec<u8>> = components
                .iter()
                .flat_map(|component| &component.refers)
                .collect();
            zones.sort_unstable();
            zones.dedup();
            for zone in zones.into_iter().filter_map(|zone| self.zones.get(zone)) {
                zone.iter().for_each(|line| push_line(&mut text, line));
            }
            for component in components {
                push_line(&mut text, component.lines[0]);
                if component.uid.is_empty() {
                    let uid = key
                        .splitn(2, |byte| *byte == b':')
                        .nth(1)
                        .unwrap_or_default();
                    push_line(&mut text, &[b"UID:", uid.trim_ascii()].concat());
                }
                component.lines[1..]
                    .iter()
                    .for_each(|line| push_line(&mut text, line));
            }
            text.extend_from_slice(b"END:VCALENDAR\r\n");
            texts.push(text);
        }
    }
}

/// FNV-1a: the same everywhere and always.
fn fingerprint(lines: &[&[u8]]) -> u64 {
    // White space at the ends of lines makes no other event.
    let bytes = lines.iter().flat_map(|line| line.trim_ascii_end().iter());
    bytes.fold(0xcbf2_9ce4_8422_2325, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn push_line(text: &mut Vec<u8>, line: &[u8]) {
    text.extend_from_slice(line);
    if !line.ends_with(b"\n") {
        text.extend_from_slice(b"\r\n");
    }
}

/// Lines with their folds and ends, as they are (RFC 5545 3.1); blank ones are passed over.
fn logical_lines(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    std::iter::from_fn(move || {
        loop {
            if rest.is_empty() {
                return None;
            }
            let mut end = 0;
            loop {
                let next = rest[end..]
                    .iter()
                    .position(|byte| *byte == b'\n')
                    .map_or(rest.len(), |place| end + place + 1);
                end = next;
                if !matches!(rest.get(end), Some(b' ' | b'\t')) {
                    break;
                }
            }
            let (line, after) = rest.split_at(end);
            rest = after;
            if !line.trim_ascii_end().is_empty() {
                return Some(line);
            }
        }
    })
}

fn name_of(line: &[u8]) -> &[u8] {
    let end = line
        .iter()
        .position(|byte| matches!(byte, b':' | b';'))
        .unwrap_or(line.len());
    line[..end].trim_ascii_end()
}

fn value_of(line: &[u8]) -> &[u8] {
    let colon = line.iter().position(|byte| *byte == b':');
    colon.map_or(&[], |colon| line[colon + 1..].trim_ascii())
}

/// The value of a TZID parameter, unfolded and without quotes.
fn zone_of(line: &[u8]) -> Option<Vec<u8>> {
    let start = line
        .windows(6)
        .take(PARAMETER_OCTETS_MAX)
        .position(|window| window.eq_ignore_ascii_case(b";TZID="))?
        + 6;
    let flat: Vec<u8> = unfolded(&line[start..]);
    let quoted = flat.first() == Some(&b'"');
    let name = &flat[usize::from(quoted)..];
    let end = name.iter().position(|byte| {
        if quoted {
            *byte == b'"'
        } else {
            matches!(byte, b':' | b';' | b',')
        }
    })?;
    Some(name[..end].to_vec())
}

/// Octets in which a TZID parameter is looked for.
const PARAMETER_OCTETS_MAX: usize = 1_000;

fn unfolded(line: &[u8]) -> Vec<u8> {
    let mut flat = Vec::new();
    let mut parts = line.split(|byte| *byte == b'\n');
    flat.extend_from_slice(parts.next().unwrap_or_default().trim_ascii_end());
    for part in parts {
        flat.extend_from_slice(part.get(1..).unwrap_or_default());
    }
    flat.truncate(PARAMETER_OCTETS_MAX);
    flat
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::CalendarObject;

    #[test]
    fn lines_stay_byte_for_byte() {
        let event = "BEGIN:VEVENT\nUID:a\nSUMMARY:ends in blanks  \r\nDESCRIPTION:folded \n  on\t\r\nEND:VEVENT\r\n";
        let file = format!("BEGIN:VCALENDAR\r\nVERSION:2.0\nPRODID:x \r\n{event}END:VCALENDAR");
        let pieces = split(file.as_bytes()).unwrap();
        assert_eq!(pieces.len(), 1);
        let piece = String::from_utf8(pieces[0].clone()).unwrap();
        assert!(
            piece.contains(event) && piece.contains("VERSION:2.0\nPRODID:x \r\n"),
            "{piece:?}"
        );
        let joined = String::from_utf8(join([piece.as_bytes()])).unwrap();
        assert!(joined.contains(event), "{joined:?}");
        assert_eq!(split(joined.as_bytes()).unwrap().len(), 1);
    }

    #[test]
    fn a_file_comes_apart_and_together() {
        let zone = "BEGIN:VTIMEZONE\r\nTZID:Mine\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0130\r\nTZOFFSETTO:+0130\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
        let file = format!(
            "BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nX-WR-CALNAME:All\r\nVERSION:2.0\r\n{zone}\
             BEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Mi\r\n ne:20260101T120000\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n\
             BEGIN:VEVENT\r\nDTSTART:20260101T120000Z\r\nBEGIN:VALARM\r\nUID:x\r\nEND:VALARM\r\nEND:VEVENT\r\n\
             BEGIN:VEVENT\r\nUID:a\r\nRECURRENCE-ID:20260102T103000Z\r\nDTSTART:20260102T120000Z\r\nEND:VEVENT\r\n\
             BEGIN:VTODO\r\nUID:a\r\nEND:VTODO\r\nEND:VCALENDAR\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
        );
        let pieces = split(file.as_bytes()).unwrap();
        let objects: Vec<_> = pieces
            .iter()
            .map(|piece| CalendarObject::read(piece).unwrap())
            .collect();
        assert_eq!(objects.len(), 3);
        assert_eq!(
            objects.iter().filter(|object| object.uid() == "a").count(),
            2
        );
        assert_eq!(
            objects
                .iter()
                .filter(|object| object.zone().is_some())
                .count(),
            1
        );
        assert!(
            objects
                .iter()
                .any(|object| object.components().count() == 2)
        );
        let joined = join(
            pieces
                .iter()
                .map(Vec::as_slice)
                .chain(pieces.iter().map(Vec::as_slice)),
        );
        assert_eq!(
            String::from_utf8_lossy(&joined)
                .matches("BEGIN:VTIMEZONE")
                .count(),
            1
        );
        let again = split(&joined).unwrap();
        assert_eq!(again.len(), 3);
        assert!(split(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n").is_err());
        assert!(split(b"hello").is_err());
        assert_eq!(split(b"").unwrap().len(), 0);
    }
}
