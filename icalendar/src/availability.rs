//! Availability: when somebody can be booked at all (RFC 7953), turned into the times when not.

use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};

use crate::civil::{FIRST, LAST};
use crate::fault::Fault;
use crate::freebusy::{Busy, BusyKind, within};
use crate::limit::BUSY_PERIODS_MAX;
use crate::object::CalendarObject;
use crate::occurrence::{Spread, visit};
use crate::part::{End, Kind, Part, Reader};
use crate::tree::Component;
use crate::zone::Zone;

/// The times in a range that these availabilities close, in order.
///
/// RFC 7953 5: an availability closes all of its time and opens it again where it has AVAILABLE; one of higher priority
/// stands above one of lower. Where there is none, all is open. Objects of another kind say nothing here.
///
/// # Errors
/// [`Fault::TooManyInstances`]; [`Fault::Data`] if what is in an availability cannot be understood.
pub fn unavailable(
    objects: &[CalendarObject],
    range: Range<i64>,
    floating: &Zone,
) -> Result<Vec<Busy>, Fault> {
    let mut layers = Vec::new();
    for object in objects
        .iter()
        .filter(|object| object.kind() == Kind::Availability)
    {
        for part in object.parts() {
            layers.push((rank(object.component_of(part)), object, part));
        }
    }
    layers.sort_by_key(|(rank, ..)| *rank);
    let mut sheet = Sheet {
        pieces: vec![Piece {
            start: range.start,
            end: range.end,
            kind: None,
        }],
    };
    for (_, object, part) in layers {
        let component = object.component_of(part);
        let (start, end) = extent(part, floating);
        let kind = BusyKind::named(
            component
                .value("BUSYTYPE")
                .unwrap_or(BusyKind::Unavailable.name()),
        );
        let mut open = open_times(
            object,
            component,
            start.max(range.start)..end.min(range.end),
            floating,
        )?;
        open.sort_unstable();
        sheet.lay(start.max(range.start), end.min(range.end), kind, &open)?;
    }
    Ok(sheet.closed(&range))
}

/// From begin to end; RFC 7953 3.1: without them, from ever and for ever.
pub(crate) fn extent(part: &Part, floating: &Zone) -> (i64, i64) {
    let Some(start) = &part.start else {
        return (
            FIRST,
            if let End::At(end) = &part.end {
                end.instant(floating)
            } else {
                LAST
            },
        );
    };
    let from = start.instant(floating);
    let to = if part.end == End::Open {
        LAST
    } else {
        part.length(floating).end_of(start, from, floating)
    };
    (from, to)
}

/// RFC 7953 3.2: 1 is the highest priority, 9 the lowest, 0 (as good as none) lower still.
fn rank(component: Component<'_>) -> u8 {
    let priority: u8 = component
        .value("PRIORITY")
        .and_then(|priority| priority.parse().ok())
        .unwrap_or(0);
    if (1..=9).contains(&priority) {
        10 - priority
    } else {
        0
    }
}

/// The times of all AVAILABLE components in one availability, cut to the range.
fn open_times(
    object: &CalendarObject,
    component: Component<'_>,
    range: Range<i64>,
    floating: &Zone,
) -> Result<Vec<(i64, i64)>, Fault> {
    let mut open = Vec::new();
    for series in series(object, component)? {
        let flow = visit(&series, &range, floating, Spread::None, &mut |occurrence| {
            let cut = within(occurrence.start, occurrence.end, BusyKind::Busy, &range);
            open.extend(cut.map(|cut| (cut.start, cut.end)));
            if open.len() > BUSY_PERIODS_MAX {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        })?;
        if flow.is_break() {
            return Err(Fault::TooManyInstances {
                limit: BUSY_PERIODS_MAX,
            });
        }
    }
    Ok(open)
}

/// AVAILABLE components by UID: they recur and are overridden like events.
fn series(object: &CalendarObject, component: Component<'_>) -> Result<Vec<Vec<Part>>, Fault> {
    let mut reader = Reader::new(object.tree().root());
    let mut by_uid: BTreeMap<&str, Vec<Part>> = BTreeMap::new();
    let mut alone = Vec::new();
    for available in component.children().filter(|child| child.is("AVAILABLE")) {
        let part = reader.part(available, Kind::Availability)?;
        match available.value("UID") {
            Some(uid) => by_uid.entry(uid).or_default().push(part),
            None => alone.push(vec![part]),
        }
    }
    Ok(by_uid.into_values().chain(alone).collect())
}

/// A range of time cut into pieces, each open or closed.
struct Sheet {
    pieces: Vec<Piece>,
}

#[derive(Clone, Copy)]
struct Piece {
    start: i64,
    end: i64,
    kind: Option<BusyKind>,
}

impl Sheet {
    /// Lays one availability over all that lies below: closed from `start` to `end`, but for the sorted open times.
    fn lay(
        &mut self,
        start: i64,
        end: i64,
        kind: Option<BusyKind>,
        open: &[(i64, i64)],
    ) -> Result<(), Fault> {
        if start >= end {
            return Ok(());
        }
        let mut over = Vec::new();
        let mut at = start;
        for (from, to) in open {
            if *from > at {
                over.push(Piece {
                    start: at,
                    end: *from,
                    kind,
                });
            }
            if *to > at {
                over.push(Piece {
                    start: at.max(*from),
                    end: *to,
                    kind: None,
                });
                at = *to;
            }
        }
        if at < end {
            over.push(Piece {
                start: at,
                end,
                kind,
            });
        }
        let below = std::mem::take(&mut self.pieces);
        self.pieces.extend(
            below
                .iter()
                .map(|piece| Piece {
                    end: piece.end.min(start),
                    ..*piece
                })
                .filter(|piece| piece.start < piece.end),
        );
        self.pieces.extend(over);
        self.pieces.extend(
            below
                .iter()
                .map(|piece| Piece {
                    start: piece.start.max(end),
                    ..*piece
                })
                .filter(|piece| piece.start < piece.end),
        );
        if self.pieces.len() > BUSY_PERIODS_MAX {
            return Err(Fault::TooManyInstances {
                limit: BUSY_PERIODS_MAX,
            });
        }
        Ok(())
    }

    fn closed(&self, range: &Range<i64>) -> Vec<Busy> {
        let mut closed: Vec<Busy> = Vec::new();
        for piece in &self.pieces {
            let Some(busy) = piece
                .kind
                .and_then(|kind| within(piece.start, piece.end, kind, range))
            else {
                continue;
            };
            match closed.last_mut() {
                Some(last) if last.kind == busy.kind && last.end == busy.start => {
                    last.end = busy.end
                }
                _ => closed.push(busy),
            }
        }
        closed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{stamp, write_time};

    fn closed(text: &str, from: &str, to: &str) -> Vec<String> {
        let object = CalendarObject::read(text.as_bytes()).unwrap();
        let range = stamp(from).unwrap().local..stamp(to).unwrap().local;
        let found = unavailable(&[object], range, &Zone::UTC).unwrap();
        found
            .iter()
            .map(|busy| format!("{}/{}", write_time(busy.start), write_time(busy.end)))
            .collect()
    }

    /// RFC 7953 3.3, second example in shape: weekdays from 9 to 5 in Montreal.
    const WORKING_HOURS: &str = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VAVAILABILITY\nUID:a\nORGANIZER:mailto:bernard@example.com\n\
        BEGIN:AVAILABLE\nUID:b\nDTSTART;TZID=America/Montreal:20111002T090000\nDTEND;TZID=America/Montreal:20111002T170000\n\
        RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR\nEND:AVAILABLE\nEND:VAVAILABILITY\n";

    #[test]
    fn what_is_not_open_is_closed() {
        let text = format!("{WORKING_HOURS}END:VCALENDAR\n");
        assert_eq!(
            closed(&text, "20111103T000000", "20111105T000000"),
            [
                "20111103T000000/20111103T130000",
                "20111103T210000/20111104T130000",
                "20111104T210000/20111105T000000"
            ]
        );
    }

    #[test]
    fn a_higher_priority_lies_above() {
        // Two weeks of travel, closed but for one morning, above the usual hours.
        let text = format!(
            "{WORKING_HOURS}BEGIN:VAVAILABILITY\nUID:a\nPRIORITY:1\nDTSTART:20111103T000000Z\nDTEND:20111117T000000Z\nBEGIN:AVAILABLE\n\
             DTSTART:20111104T080000Z\nDURATION:PT2H\nEND:AVAILABLE\nEND:VAVAILABILITY\nEND:VCALENDAR\n"
        );
        assert_eq!(
            closed(&text, "20111102T120000", "20111105T000000"),
            [
                "20111102T120000/20111102T130000",
                "20111102T210000/20111104T080000",
                "20111104T100000/20111105T000000"
            ]
        );
        assert!(closed("BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VAVAILABILITY\nUID:a\nDTEND:20000101T000000Z\nEND:VAVAILABILITY\nEND:VCALENDAR\n", "20111102T120000", "20111105T000000").is_empty());
    }
}
