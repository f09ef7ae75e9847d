//! Writing: a VTIMEZONE for a name, for clients that want the rules spelled out.

use calcard::icalendar::{ICalendar, ICalendarComponent, ICalendarComponentType};

/// The VTIMEZONE of a named zone with all its clock changes between two instants, inside a VCALENDAR (RFC 5545 3.6.5).
///
/// None if the name is not known.
#[must_use]
pub fn write_timezone(name: &str, range: std::ops::Range<i64>) -> Option<String> {
    let (from, to) = (range.start.max(YEAR_1900), range.end.min(YEAR_2100));
    let mut calendar = ICalendar {
        components: vec![ICalendarComponent {
            component_type: ICalendarComponentType::VCalendar,
            ..Default::default()
        }],
    };
    calendar.add_timezone(name, from, to.max(from))?;
    let mut text = String::new();
    calendar.write_to(&mut text).ok()?;
    let inner = text
        .strip_prefix("BEGIN:VCALENDAR\r\n")?
        .strip_suffix("END:VCALENDAR\r\n")?;
    Some(format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODUCT}\r\n{inner}END:VCALENDAR\r\n"
    ))
}

/// RFC 5545 3.7.3: who wrote the text.
pub(crate) const PRODUCT: &str = "-//Wachpost//Wachpost//EN";
/// Before 1900 clocks went by the sun, and offsets had seconds that a VTIMEZONE of calcard cannot say.
const YEAR_1900: i64 = -2_208_988_800;
/// After 2100 nobody knows.
const YEAR_2100: i64 = 4_102_444_800;

#[cfg(test)]
mod tests {
    use crate::civil::DAY;
    use crate::tree::Tree;
    use crate::zone::{Zone, write_timezone};

    #[test]
    fn what_is_written_says_what_the_database_says() {
        for name in [
            "Europe/Berlin",
            "America/New_York",
            "Australia/Sydney",
            "Asia/Kolkata",
            "W. Europe Standard Time",
        ] {
            let (from, to) = (946_684_800, 1_893_456_000);
            let text = write_timezone(name, from..to).unwrap();
            let tree = Tree::read(text.as_bytes()).unwrap();
            let written = Zone::defined(tree.root().children().next().unwrap()).unwrap();
            let zone = Zone::named(name).unwrap();
            for instant in (from..to).step_by(usize::try_from(5 * DAY).unwrap()) {
                assert_eq!(
                    written.offset_at(instant),
                    zone.offset_at(instant),
                    "{name} at {instant}"
                );
            }
        }
        assert_eq!(write_timezone("Nowhere/Middle", 0..1), None);
    }
}
