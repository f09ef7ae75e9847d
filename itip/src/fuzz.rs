//! Arbitrary bytes, given to every function of this crate.

use crate::mail::{Correspondent, Language, Mail, compose, from_mail};
use crate::{
    Addresses, Answer, Attendance, Change, PartStat, Party, Proposal, Scheduled, answer_of_another,
    attendee_changed, counter, organizer_changed, received, refresh, reply, set_schedule_status,
    set_sent_by,
};

/// Splits the input at the first octet 0 into two texts and drives every function with them, as organizer and as participant.
/// Must neither panic nor take long, whatever comes; what it writes must be readable again.
pub fn fuzz(input: &[u8]) {
    let at = input
        .iter()
        .position(|octet| *octet == 0)
        .unwrap_or(input.len());
    let (first, second) = (
        input.get(..at).unwrap_or_default(),
        input.get(at.saturating_add(1)..).unwrap_or_default(),
    );
    let anna = Addresses::new(["anna@example.org", "berg@example.org"]);
    let ben = Addresses::new(["ben@example.org"]);
    for who in [&anna, &ben] {
        changes(first, second, who);
        arrivals(first, second, who);
        responses(first, who);
    }
    let _ = from_mail(first, None)
        .map(|arrived| from_mail(arrived.text.as_bytes(), Some(arrived.method.as_str())));
}

fn changes(old: &[u8], new: &[u8], who: &Addresses) {
    for (old, new) in [(None, Some(new)), (Some(old), Some(new)), (Some(old), None)] {
        let plans = [
            organizer_changed(old, new, who, NOW),
            attendee_changed(old, new, who, Attendance::Told, NOW),
            attendee_changed(old, new, who, Attendance::Silent, NOW),
        ];
        for plan in plans.into_iter().flatten() {
            if let Some(text) = plan.text {
                readable(&text);
            }
            for message in plan.messages {
                readable(&message.text);
                mail(&message);
            }
        }
    }
}

fn arrivals(stored: &[u8], message: &[u8], who: &Addresses) {
    for sender in [None, Some("anna@example.org"), Some("ben@example.org")] {
        for stored in [None, Some(stored)] {
            let effect = received(stored, message, who, sender, NOW);
            if let Ok(Change::Store(text)) = effect.map(|effect| effect.change) {
                readable(&text);
                let again = received(Some(text.as_bytes()), message, who, sender, NOW);
                assert!(again.is_ok(), "what was stored is refused: {again:?}");
            }
        }
    }
}

fn responses(stored: &[u8], who: &Addresses) {
    let view = Scheduled::read(stored);
    let instance = view
        .as_ref()
        .ok()
        .and_then(|view| view.components.last())
        .and_then(|last| last.instance.or(last.start));
    for instance in [None, instance] {
        let answer = Answer {
            part_stat: PartStat::Accepted,
            comment: Some("fine;\n,\\"),
            instance,
        };
        if let Ok(replied) = reply(stored, who, answer, NOW) {
            readable(&replied.text);
            readable(&replied.message.text);
            mail(&replied.message);
        }
        let _ = counter(
            stored,
            who,
            Proposal {
                start: NOW,
                end: NOW + 3_600,
                comment: None,
                instance,
            },
            NOW,
        );
    }
    let _ = refresh(stored, who, NOW);
    if let Ok(Some(text)) = answer_of_another(stored, stored, who) {
        readable(&text);
    }
    for text in [
        set_schedule_status(stored, "ben@example.org", "1.2"),
        set_sent_by(stored, Party::Organizer, Some("eva@example.org")),
    ]
    .into_iter()
    .flatten()
    {
        readable(&text);
    }
}

fn mail(message: &crate::Message) {
    let anna = Correspondent {
        name: Some("Änna"),
        address: "anna@example.org",
    };
    for language in [Language::English, Language::German] {
        let mail = Mail {
            from: anna,
            sender: None,
            to: anna,
            message,
            language,
            message_id: "1@x",
            date: NOW,
            is_automatic: true,
        };
        assert!(
            compose(&mail).is_ok_and(|text| text.is_ascii()),
            "a mail cannot be composed"
        );
    }
}

fn readable(text: &str) {
    assert!(
        crate::component::Component::read(text.as_bytes(), usize::MAX).is_ok(),
        "what was written cannot be read: {text}"
    );
}

/// 2025-03-03.
const NOW: i64 = 1_741_000_000;
