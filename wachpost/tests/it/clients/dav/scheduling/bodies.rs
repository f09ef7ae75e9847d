//! Calendar objects as programs write them.

/// The zone as Thunderbird sends it along.
const BERLIN: &str = "BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nX-TZINFO:Europe/Berlin[2025a]\r\n\
    BEGIN:DAYLIGHT\r\nTZOFFSETTO:+020000\r\nTZOFFSETFROM:+010000\r\nTZNAME:CEST\r\nDTSTART:19700329T020000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\nEND:DAYLIGHT\r\n\
    BEGIN:STANDARD\r\nTZOFFSETTO:+010000\r\nTZOFFSETFROM:+020000\r\nTZNAME:CET\r\nDTSTART:19701025T030000\r\n\
    RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";

/// Four Mondays at ten, two before and two after the clocks go forward on 30 March 2031; as Thunderbird sends it.
pub(super) fn thunderbird_series(uid: &str, organizer: &str, attendees: &[&str]) -> String {
    let attendees: String = attendees
        .iter()
        .map(|address| {
            format!(
                "ATTENDEE;PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:{address}\r\n"
            )
        })
        .collect();
    format!(
        "BEGIN:VCALENDAR\r\nPRODID:-//Mozilla.org/NONSGML Mozilla Calendar V1.1//EN\r\nVERSION:2.0\r\n{BERLIN}\
         BEGIN:VEVENT\r\nCREATED:20310101T080000Z\r\nLAST-MODIFIED:20310101T080100Z\r\nDTSTAMP:20310101T080100Z\r\n\
         UID:{uid}\r\nSUMMARY:Jour fixe Bürgerbüro\r\nORGANIZER;CN=Anna;PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:{organizer}\r\n\
         {attendees}RRULE:FREQ=WEEKLY;COUNT=4\r\nDTSTART;TZID=Europe/Berlin:20310317T100000\r\n\
         DTEND;TZID=Europe/Berlin:20310317T110000\r\nTRANSP:OPAQUE\r\nLOCATION:Raum 204\r\nDESCRIPTION;ALTREP=\"data:text/html,\
         %3Cb%3EThemen%3C%2Fb%3E\":Themen\r\nX-MOZ-SEND-INVITATIONS:TRUE\r\nX-MOZ-SEND-INVITATIONS-UNDISCLOSED:FALSE\r\n\
         SEQUENCE:0\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

/// The same with the third Monday at two in the afternoon, as Thunderbird replaces it.
pub(super) fn with_moved_instance(series: &str) -> String {
    let start = series.find("BEGIN:VEVENT").expect("there is an event");
    let (before, event) = series.split_at(start);
    let event = event
        .strip_suffix("END:VCALENDAR\r\n")
        .expect("it ends with the calendar");
    let lines = event.lines().filter(|line| !line.starts_with("RRULE"));
    let moved: String = lines
        .map(|line| match line.split_once(':') {
            Some(("DTSTART;TZID=Europe/Berlin", _)) => {
                "RECURRENCE-ID;TZID=Europe/Berlin:20310331T100000\r\nDTSTART;TZID=Europe/Berlin:20310331T140000\r\n".to_owned()
            }
            Some(("DTEND;TZID=Europe/Berlin", _)) => "DTEND;TZID=Europe/Berlin:20310331T150000\r\n".to_owned(),
            Some(("SEQUENCE", _)) => "SEQUENCE:1\r\n".to_owned(),
            _ => format!("{line}\r\n"),
        })
        .collect();
    format!("{before}{event}{moved}END:VCALENDAR\r\n")
}

/// One hour on 1 April 2031 at ten, as Apple's Calendar sends it.
pub(super) fn apple_meeting(uid: &str, organizer: &str, attendees: &[&str]) -> String {
    let mut parties = String::new();
    if !attendees.is_empty() {
        parties = format!(
            "ORGANIZER;CN=\"Organizer, The\";EMAIL=\"{organizer}\":mailto:{organizer}\r\n\
             ATTENDEE;CN=\"Organizer, The\";CUTYPE=INDIVIDUAL;EMAIL=\"{organizer}\";PARTSTAT=ACCEPTED;ROLE=CHAIR:mailto:{organizer}\r\n"
        );
    }
    for address in attendees {
        let kind = if address.starts_with("raum") {
            "ROOM"
        } else {
            "INDIVIDUAL"
        };
        parties.push_str(&format!(
            "ATTENDEE;CUTYPE={kind};EMAIL=\"{address}\";PARTSTAT=NEEDS-ACTION;ROLE=REQ-PARTICIPANT;RSVP=TRUE:mailto:{address}\r\n"
        ));
    }
    format!(
        "BEGIN:VCALENDAR\r\nCALSCALE:GREGORIAN\r\nPRODID:-//Apple Inc.//macOS 15.1//EN\r\nVERSION:2.0\r\n{BERLIN}\
         BEGIN:VEVENT\r\n{parties}CREATED:20310101T080000Z\r\nDTEND;TZID=Europe/Berlin:20310401T110000\r\n\
         DTSTAMP:20310101T080100Z\r\nDTSTART;TZID=Europe/Berlin:20310401T100000\r\nLAST-MODIFIED:20310101T080100Z\r\n\
         LOCATION:Raum 204\\nRathaus\r\nSEQUENCE:0\r\nSUMMARY:Besprechung\r\nTRANSP:OPAQUE\r\nUID:{uid}\r\n\
         X-APPLE-CREATOR-IDENTITY:com.apple.calendar\r\nX-APPLE-STRUCTURED-LOCATION;VALUE=URI;X-APPLE-RADIUS=70;\
         X-TITLE=\"Raum 204\":geo:50.94,6.96\r\nBEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:Reminder\r\nTRIGGER:-PT15M\r\n\
         UID:{uid}-alarm\r\nX-WR-ALARMUID:{uid}-alarm\r\nEND:VALARM\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}
