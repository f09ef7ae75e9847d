use super::*;

const TEXT: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//EN\r\nBEGIN:VEVENT\r\nUID:a\r\n\
    DTSTART;TZID=Europe/Berlin:20260504T100000\r\nRRULE:FREQ=DAILY;COUNT=5\r\nSUMMARY:Lo\r\n ng\r\nBEGIN:VALARM\r\n\
    ACTION:AUDIO\r\nATTACH;MANAGED-ID=1:x:y\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nUID:a\r\n\
    RECURRENCE-ID;TZID=Europe/Berlin:20260505T100000\r\nDTSTART:20260505T090000Z\r\nATTACH;MANAG\r\n ED-ID=\"1\":h\r\n\r\n :x\r\n\
    END:VEVENT\r\nEND:VCALENDAR";

fn new(managed_id: &str) -> ManagedAttachment<'_> {
    ManagedAttachment {
        managed_id,
        media_type: Some("text/plain"),
        file_name: "Ta\"ges;ordnung.txt",
        octets: 12,
        url: "https://h/dav/2",
    }
}

const LINE: &str = "ATTACH;MANAGED-ID=2;FMTTYPE=text/plain;FILENAME=\"Ta^'ges;ordnung.txt\";SIZE=\r\n 12:https://h/dav/2\r\n";

fn edit(text: &str, instances: &[&str], edit: AttachmentEdit<'_>) -> String {
    String::from_utf8(edit_attachments(text.as_bytes(), instances, &edit).unwrap()).unwrap()
}

#[test]
fn a_line_is_added_where_it_is_meant_and_the_rest_stays() {
    let all = edit(TEXT, &[], AttachmentEdit::Add(new("2")));
    let master = "SUMMARY:Lo\r\n ng\r\n";
    let expected = TEXT
        .replace(master, &format!("{master}{LINE}"))
        .replace(" :x\r\n", &format!(" :x\r\n{LINE}"));
    assert_eq!(all, expected);
    let read = CalendarObject::read(all.as_bytes()).unwrap();
    assert_eq!(
        read.managed_ids().into_iter().collect::<Vec<_>>(),
        ["1", "2"]
    );
    let name = read.attachment_name("2");
    assert_eq!(name.as_deref(), Some("Ta\"ges;ordnung.txt"));
    assert_eq!(read.attachment_name("1"), None);
    assert_eq!(
        edit(TEXT, &["M"], AttachmentEdit::Add(new("2"))),
        TEXT.replace(master, &format!("{master}{LINE}"))
    );
    assert_eq!(
        edit(TEXT, &["20260505T080000Z"], AttachmentEdit::Add(new("2"))),
        TEXT.replace(" :x\r\n", &format!(" :x\r\n{LINE}"))
    );
}

#[test]
fn an_occurrence_gets_a_component_of_its_own() {
    let text = edit(TEXT, &["20260506T080000Z"], AttachmentEdit::Add(new("2")));
    let own = format!(
        "END:VEVENT\r\nBEGIN:VEVENT\r\nUID:a\r\nDTSTART;TZID=Europe/Berlin:20260506T100000\r\n\
         RECURRENCE-ID;TZID=Europe/Berlin:20260506T100000\r\nSUMMARY:Lo\r\n ng\r\n{LINE}BEGIN:VALARM\r\n\
         ACTION:AUDIO\r\nATTACH;MANAGED-ID=1:x:y\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n"
    );
    assert_eq!(text, TEXT.replacen("END:VEVENT\r\n", &own, 1));
    // Not an occurrence, a day where times are meant, the fifth that there is, the sixth that is not.
    for (instance, is_there) in [
        ("20260506T090000Z", false),
        ("20260506", false),
        ("20260508T080000Z", true),
        ("20260509T080000Z", false),
    ] {
        let edited = edit_attachments(TEXT.as_bytes(), &[instance], &AttachmentEdit::Add(new("2")));
        assert_eq!(edited.is_ok(), is_there, "{instance}");
    }
    let days = "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\nBEGIN:VEVENT\nUID:a\nDTSTART;VALUE=DATE:20260504\n\
        DTEND;VALUE=DATE:20260506\nRRULE:FREQ=WEEKLY\nEND:VEVENT\nEND:VCALENDAR\n";
    let text = edit(days, &["20260511"], AttachmentEdit::Add(new("2")));
    assert!(
        text.contains(
            "UID:a\nDTSTART;VALUE=DATE:20260511\nRECURRENCE-ID;VALUE=DATE:20260511\nDTEND;VALUE=DATE:20260513\nATTACH"
        ),
        "{text}"
    );
}

#[test]
fn a_line_is_replaced_or_removed_by_its_managed_id() {
    let old = "ATTACH;MANAG\r\n ED-ID=\"1\":h\r\n\r\n :x\r\n";
    assert_eq!(
        edit(TEXT, &[], AttachmentEdit::Remove { managed_id: "1" }),
        TEXT.replace(old, "")
    );
    let replace = AttachmentEdit::Replace {
        managed_id: "1",
        by: new("2"),
    };
    assert_eq!(edit(TEXT, &[], replace), TEXT.replace(old, LINE));
    let bare = TEXT.replace("\r\n", "\n");
    assert_eq!(
        edit(&bare, &[], replace),
        TEXT.replace(old, LINE).replace("\r\n", "\n")
    );
}

#[test]
fn what_is_not_there_is_named() {
    let remove = |managed_id| AttachmentEdit::Remove { managed_id };
    for (instances, managed_id, fault) in [
        (&[][..], "9", AttachmentFault::ManagedId),
        (&["M"], "1", AttachmentFault::ManagedId),
        (&["20260506T080000Z"], "1", AttachmentFault::Instance),
        (&["20260505"], "1", AttachmentFault::Instance),
        (&["m"], "1", AttachmentFault::Instance),
    ] {
        let done = edit_attachments(TEXT.as_bytes(), instances, &remove(managed_id));
        assert_eq!(done, Err(fault), "{instances:?}");
    }
    let done = edit_attachments(b"x", &[], &remove("1"));
    assert!(matches!(done, Err(AttachmentFault::Text(_))));
}

#[test]
fn nothing_breaks_out_of_a_line() {
    let hostile = ManagedAttachment {
        managed_id: "2",
        media_type: Some("a/b;c=\"d"),
        file_name: "^'a\r\nEND:VEVENT\r\nb",
        octets: 1,
        url: "https://h/\r\nX:1",
    };
    let text = edit(TEXT, &["M"], AttachmentEdit::Add(hostile));
    let read = CalendarObject::read(text.as_bytes()).unwrap();
    let line = read.main().property("ATTACH").unwrap();
    assert_eq!(line.value(), "https://h/X:1");
    assert_eq!(line.parameter("FILENAME"), Some("^^'aEND:VEVENTb"));
    let name = read.attachment_name("2");
    assert_eq!(name.as_deref(), Some("^'aEND:VEVENTb"));
}
