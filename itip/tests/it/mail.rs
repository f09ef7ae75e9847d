//! Scheduling by mail: as Outlook, Google and Apple send it, and as it is sent to them.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use itip::mail::{Correspondent, Language, Mail, compose, from_mail};
use itip::{Change, Fault, Kind, Message, Method, PartStat, Scheduled, received};

use crate::house::{ANNA, BEGIN, House, SUMMER, WEEKLY, calendar, one};

const BEN: &str = "ben.cohn@example.net";

fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/samples/{name}.ics", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("cannot read {path}: {error}"))
}

fn stored(change: Change) -> String {
    match change {
        Change::Store(text) => text.replace("\r\n ", ""),
        Change::None => panic!("nothing is stored"),
    }
}

#[test]
fn an_invitation_of_outlook_is_taken_and_answered() {
    let mail = from_mail(&sample("outlook-request"), Some("REQUEST")).unwrap();
    assert_eq!(
        (mail.method, mail.organizer.as_deref()),
        (Method::Request, Some(ANNA))
    );
    assert_eq!(mail.participants, [BEN, "raum4@example.org"]);
    let effect = received(None, mail.text.as_bytes(), &one(BEN), Some(ANNA), BEGIN).unwrap();
    assert_eq!((effect.kind, effect.invited), (Kind::Invited, true));
    let text = stored(effect.change);
    assert!(
        text.contains("X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE")
            && text.contains("X-MICROSOFT-LOCATIONS:[{\"DisplayName\":\"Raum 4\\, EG\"\\,")
    );
    assert!(!text.contains("VALARM"));
    let view = Scheduled::read(text.as_bytes()).unwrap();
    assert_eq!(
        view.components[0].start,
        Some(1_740_988_800),
        "nine in Berlin, by the name that Windows has for it"
    );

    let answer = itip::Answer {
        part_stat: PartStat::Accepted,
        comment: None,
        instance: Some(SUMMER),
    };
    let replied = itip::reply(text.as_bytes(), &one(BEN), answer, BEGIN).unwrap();
    assert!(
        replied
            .message
            .text
            .contains("RECURRENCE-ID;TZID=W. Europe Standard Time:20250331T090000")
    );
    assert!(replied.message.text.contains("BEGIN:VTIMEZONE"));
}

#[test]
fn an_answer_of_outlook_without_organizer_is_taken() {
    let mut house = House::new();
    house.put(ANNA, &calendar(&[&WEEKLY.replace("ben@example.org", BEN)]));
    let mail = from_mail(&sample("outlook-reply"), Some("reply")).unwrap();
    let effect = received(
        Some(house.text(ANNA).as_bytes()),
        mail.text.as_bytes(),
        &one(ANNA),
        Some(BEN),
        BEGIN,
    )
    .unwrap();
    assert_eq!(
        (effect.kind, effect.part_stat),
        (Kind::Replied, Some(PartStat::Tentative))
    );
    assert_eq!(effect.comment.as_deref(), Some("Vielleicht etwas später\n"));
    assert!(
        !effect.significant,
        "answers do not change the schedule tag"
    );
    house.put(ANNA, &stored(effect.change));
    assert_eq!(
        house.said(ANNA, BEN, Some(SUMMER)),
        Some(PartStat::Tentative)
    );
    assert!(
        house.text(ANNA).contains("SUMMARY:Budget"),
        "the title stays Anna's"
    );
    assert!(!house.text(ANNA).contains("Mit Vorbehalt"));
}

#[test]
fn a_proposal_of_outlook_is_shown() {
    let text = calendar(&[&WEEKLY.replace("ben@example.org", BEN)]);
    let mail = from_mail(&sample("outlook-counter"), None).unwrap();
    let effect = received(
        Some(text.as_bytes()),
        mail.text.as_bytes(),
        &one(ANNA),
        Some(BEN),
        BEGIN,
    )
    .unwrap();
    assert_eq!(
        (effect.kind, effect.change, effect.instances),
        (Kind::Countered, Change::None, vec![SUMMER])
    );
}

#[test]
fn google_invites_and_cancels() {
    let mail = from_mail(&sample("google-request"), Some("REQUEST")).unwrap();
    let effect = received(
        None,
        mail.text.as_bytes(),
        &one(BEN),
        Some("gina@example.com"),
        BEGIN,
    )
    .unwrap();
    let text = stored(effect.change);
    assert!(
        text.contains("X-GOOGLE-CONFERENCE:https://meet.google.com/abc-defg-hij")
            && text.contains("X-NUM-GUESTS=0")
    );
    let mail = from_mail(&sample("google-cancel"), Some("CANCEL")).unwrap();
    assert_eq!(
        received(
            Some(text.as_bytes()),
            mail.text.as_bytes(),
            &one(BEN),
            Some("ghost@example.com"),
            BEGIN
        ),
        Err(Fault::NotAuthorized)
    );
    let effect = received(
        Some(text.as_bytes()),
        mail.text.as_bytes(),
        &one(BEN),
        Some("gina@example.com"),
        BEGIN,
    )
    .unwrap();
    assert_eq!(effect.kind, Kind::Cancelled);
    assert!(
        Scheduled::read(stored(effect.change).as_bytes())
            .unwrap()
            .components[0]
            .is_cancelled
    );
}

#[test]
fn apple_names_people_by_number_and_by_address() {
    let mail = from_mail(&sample("apple-request"), Some("REQUEST")).unwrap();
    assert_eq!(mail.organizer.as_deref(), Some("eva@example.com"));
    let effect = received(
        None,
        mail.text.as_bytes(),
        &one(BEN),
        Some("EVA@example.com"),
        BEGIN,
    )
    .unwrap();
    let text = stored(effect.change);
    assert!(
        text.contains("X-ADDRESS=\"Marktplatz 1\\\\n04109 Leipzig\"")
            && text.contains("X-TITLE=\"Ratskeller\":geo:51.340,12.375"),
        "{text}"
    );
    let answer = itip::Answer {
        part_stat: PartStat::Accepted,
        comment: None,
        instance: None,
    };
    let replied = itip::reply(text.as_bytes(), &one(BEN), answer, BEGIN).unwrap();
    assert_eq!(replied.message.to, "eva@example.com");
}

#[test]
fn the_part_and_the_text_say_the_same_method() {
    assert!(matches!(
        from_mail(&sample("google-request"), Some("CANCEL")),
        Err(Fault::Malformed(_))
    ));
    assert!(matches!(
        from_mail(&sample("google-request"), Some("DANCE")),
        Err(Fault::Malformed(_))
    ));
    let bare = String::from_utf8(sample("google-request"))
        .unwrap()
        .replace("METHOD:REQUEST\r\n", "");
    assert!(matches!(
        from_mail(bare.as_bytes(), None),
        Err(Fault::Malformed(_))
    ));
    let mail = from_mail(bare.as_bytes(), Some("\"request\"")).unwrap();
    assert!(mail.text.contains("METHOD:REQUEST"));
    let footer = [
        sample("google-request"),
        b"\r\n____\r\nlist mailing list\r\n".to_vec(),
    ]
    .concat();
    assert!(from_mail(&footer, None).is_ok());
}

fn decoded(mail: &str, kind: &str) -> String {
    let part = mail
        .split("--=_wachpost")
        .find(|part| part.contains(&format!("Content-Type: {kind}")))
        .unwrap();
    let body = part.split_once("\r\n\r\n").unwrap().1.replace("\r\n", "");
    String::from_utf8(STANDARD.decode(body).unwrap()).unwrap()
}

fn mail_of(message: &Message, language: Language) -> String {
    let anna = Correspondent {
        name: Some("Anna Börg"),
        address: ANNA,
    };
    let ben = Correspondent {
        name: None,
        address: &message.to,
    };
    let mail = Mail {
        from: anna,
        sender: None,
        to: ben,
        message,
        language,
        message_id: "1@example.org",
        date: BEGIN,
        is_automatic: false,
    };
    compose(&mail).unwrap()
}

#[test]
fn an_invitation_goes_out_as_outlook_and_google_want_it() {
    let mut house = House::new();
    let message = house
        .organize(
            ANNA,
            &calendar(&[&WEEKLY.replace("Budget", "Budget für Köln")]),
        )
        .remove(0);
    let mail = mail_of(&message, Language::German);
    assert!(
        mail.is_ascii()
            && mail
                .split("\r\n")
                .all(|line| line.len() <= 78 && !line.contains('\n'))
    );
    assert!(mail.starts_with("From: =?UTF-8?B?"));
    assert!(
        mail.contains("To: <ben@example.org>\r\n")
            && mail.contains("Message-ID: <1@example.org>\r\n")
    );
    assert!(mail.contains("Content-Type: text/calendar;\r\n charset=UTF-8;\r\n method=REQUEST;\r\n component=VEVENT\r\n"));
    assert!(mail.contains("Content-Disposition: attachment; filename=\"invite.ics\""));
    assert!(mail.ends_with("--=_wachpost_mixed--\r\n"));

    let calendar = decoded(&mail, "text/calendar");
    assert_eq!(calendar, *message.text);
    assert_eq!(decoded(&mail, "application/ics"), calendar);
    assert!(
        calendar.contains("BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin"),
        "the zone is defined although the client did not: {calendar}"
    );
    let arrived = from_mail(calendar.as_bytes(), Some("REQUEST")).unwrap();
    assert_eq!(arrived.uid, "weekly@example.org");

    let text = decoded(&mail, "text/plain");
    assert!(
        text.starts_with("Einladung\r\n\r\nWas: Budget für Köln\r\n"),
        "{text}"
    );
    assert!(
        text.contains("Wann: 03.03.2025 09:00 – 03.03.2025 10:00 (Europe/Berlin), wiederholt\r\n"),
        "{text}"
    );
    let text = decoded(&mail_of(&message, Language::English), "text/plain");
    assert!(text.contains("When: 2025-03-03 09:00 – 2025-03-03 10:00 (Europe/Berlin), repeated\r\nWhere: Raum 4\r\n"), "{text}");
}

#[test]
fn answers_and_cancellations_say_so_in_the_subject() {
    let mut house = House::new();
    house.organize(ANNA, &calendar(&[WEEKLY]));
    let reply = house.answer("ben@example.org", PartStat::Declined, None);
    assert!(mail_of(&reply, Language::English).contains("Subject: Declined: Budget\r\n"));
    assert!(mail_of(&reply, Language::German).contains("Subject: Abgelehnt: Budget\r\n"));
    let cancel = house.call_off(ANNA).remove(0);
    assert!(mail_of(&cancel, Language::German).contains("Subject: Abgesagt: Budget\r\n"));
}

#[test]
fn a_title_adds_no_header_field() {
    let text = calendar(&[
        "DTSTART:20250303T090000Z\nSUMMARY:x\\nBcc: y@example.org\nORGANIZER:mailto:anna@example.org\nATTENDEE:mailto:ben@example.org",
    ]);
    let message = Message {
        method: Method::Request,
        from: ANNA.into(),
        to: "ben@example.org".into(),
        uid: "weekly@example.org".into(),
        instances: Vec::new(),
        text: Arc::from(text),
    };
    let mail = mail_of(&message, Language::English);
    assert!(
        mail.contains("Subject: Invitation: x Bcc: y@example.org\r\n"),
        "{mail}"
    );
    assert!(!mail.contains("\r\nBcc"));
}
