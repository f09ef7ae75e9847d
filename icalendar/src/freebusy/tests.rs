use super::*;
use crate::value::stamp;

fn instant(text: &str) -> i64 {
    stamp(text).unwrap().local
}

fn event(lines: &str) -> CalendarObject {
    let text = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:a\nDTSTART:20260601T090000Z\nDTEND:20260601T100000Z\n{lines}END:VEVENT\nEND:VCALENDAR\n"
    );
    CalendarObject::read(text.as_bytes()).unwrap()
}

#[test]
fn what_makes_busy() {
    // RFC 4791 7.10: the table of TRANSP and STATUS.
    let day = instant("20260601T000000")..instant("20260602T000000");
    let kind = |lines: &str, whom| {
        event(lines)
            .busy(day.clone(), &Zone::UTC, whom)
            .unwrap()
            .first()
            .map(|busy| busy.kind)
    };
    assert_eq!(kind("", None), Some(BusyKind::Busy));
    assert_eq!(kind("STATUS:CONFIRMED\n", None), Some(BusyKind::Busy));
    assert_eq!(kind("STATUS:TENTATIVE\n", None), Some(BusyKind::Tentative));
    assert_eq!(kind("STATUS:CANCELLED\n", None), None);
    assert_eq!(kind("TRANSP:TRANSPARENT\n", None), None);
    let invited = "ORGANIZER:mailto:boss@example.org\nATTENDEE;PARTSTAT=DECLINED:mailto:Ann@Example.org\nATTENDEE:mailto:bob@example.org\nATTENDEE;PARTSTAT=ACCEPTED:mailto:eve@example.org\n";
    assert_eq!(kind(invited, Some("ann@example.org")), None);
    assert_eq!(
        kind(invited, Some("bob@example.org")),
        Some(BusyKind::Tentative)
    );
    assert_eq!(kind(invited, Some("eve@example.org")), Some(BusyKind::Busy));
    assert_eq!(
        kind(invited, Some("boss@example.org")),
        Some(BusyKind::Busy)
    );
    let cut = event("")
        .busy(
            instant("20260601T093000")..instant("20260601T094000"),
            &Zone::UTC,
            None,
        )
        .unwrap();
    assert_eq!(
        cut,
        [Busy {
            kind: BusyKind::Busy,
            start: instant("20260601T093000"),
            end: instant("20260601T094000")
        }]
    );
}

#[test]
fn periods_are_joined_and_the_stronger_wins() {
    let busy = |kind, start, end| Busy { kind, start, end };
    use BusyKind::{Busy as B, Tentative as T, Unavailable as U};
    let merged = merge(vec![
        busy(T, 0, 30),
        busy(B, 10, 12),
        busy(B, 12, 15),
        busy(B, 40, 50),
        busy(U, 14, 20),
        busy(T, 45, 46),
    ]);
    assert_eq!(
        merged,
        [
            busy(B, 10, 15),
            busy(B, 40, 50),
            busy(U, 15, 20),
            busy(T, 0, 10),
            busy(T, 20, 30)
        ]
    );
    assert!(merge(Vec::new()).is_empty());
}

#[test]
fn a_request_is_read_and_its_answer_too() {
    // RFC 6638 B.5 in shape.
    let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nMETHOD:REQUEST\r\nBEGIN:VFREEBUSY\r\nUID:4FD3AD926350\r\nDTSTAMP:20090602T190420Z\r\n\
        DTSTART:20090602T000000Z\r\nDTEND:20090604T000000Z\r\nORGANIZER;CN=\"Cyrus Daboo\":mailto:cyrus@example.com\r\n\
        ATTENDEE;CN=\"Wilfredo\":mailto:Wilfredo@example.com\r\nATTENDEE:mailto:mike@example.org\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n";
    let request = FreeBusyRequest::read(text.as_bytes()).unwrap();
    assert_eq!(request.organizer, "cyrus@example.com");
    assert_eq!(
        request.participants[0],
        (
            "wilfredo@example.com".to_owned(),
            "mailto:Wilfredo@example.com".to_owned()
        )
    );
    assert_eq!(
        request.range,
        instant("20090602T000000")..instant("20090604T000000")
    );
    let times = [Busy {
        kind: BusyKind::Tentative,
        start: instant("20090602T110000"),
        end: instant("20090602T120000"),
    }];
    let answer = FreeBusyAnswer {
        range: request.range.clone(),
        now: 0,
        uid: &request.uid,
        reply: true,
        organizer: Some(&request.organizer),
        participant: Some("mike@example.org"),
    };
    let text = answer.write(&times);
    assert!(
        text.contains("FREEBUSY;FBTYPE=BUSY-TENTATIVE:20090602T110000Z/20090602T120000Z\r\n"),
        "{text}"
    );
    let read = CalendarObject::read_message(text.as_bytes()).unwrap();
    assert_eq!(read.method().as_deref(), Some("REPLY"));
    assert_eq!(read.busy(request.range, &Zone::UTC, None).unwrap(), times);
    assert!(FreeBusyRequest::of(&read).is_err());
}
