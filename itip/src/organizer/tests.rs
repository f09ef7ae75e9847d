use super::*;

fn event(lines: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20250101T000000Z\r\n{}\r\nEND:VEVENT\r\n\
         END:VCALENDAR\r\n",
        lines.replace('\n', "\r\n")
    )
}

#[test]
fn a_new_meeting_is_a_request_to_each_participant_but_the_organizer() {
    let text = event(
        "DTSTART:20250301T090000Z\nORGANIZER:mailto:anna@example.org\nATTENDEE:mailto:anna@example.org\n\
         ATTENDEE:mailto:Ben@example.org\nATTENDEE;SCHEDULE-AGENT=CLIENT:mailto:eva@example.org",
    );
    let anna = Addresses::new(["anna@example.org"]);
    let plan = organizer_changed(None, Some(text.as_bytes()), &anna, 0).unwrap();
    assert_eq!(plan.text, None);
    let told: Vec<_> = plan
        .messages
        .iter()
        .map(|message| (message.method, message.to.as_str()))
        .collect();
    assert_eq!(told, [(Method::Request, "ben@example.org")]);
    assert!(!plan.messages[0].text.contains("SCHEDULE-AGENT"));
}
