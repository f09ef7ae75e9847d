//! Hand-written letters: one of each kind that a mail program should be tried with.

use admin::ImportedMessage;
use model::Timestamp;

use super::mime::{Attachment, Draft};
use super::people::{DOMAIN, PEOPLE, SHARED};

const HOUR_MS: i64 = 3_600_000;

/// A letter, who gets it, and how old it is.
struct Letter {
    /// Local parts of the recipients' accounts.
    to: &'static [&'static str],
    hours_ago: i64,
    keywords: &'static [&'static str],
    draft: Draft,
}

/// Address, mailbox and message of each.
pub(super) fn all(now: Timestamp) -> Vec<(String, &'static str, ImportedMessage)> {
    let mut filed = Vec::new();
    for mut letter in letters() {
        let at = now.plus_ms(-letter.hours_ago * HOUR_MS);
        letter.draft.to = letter.to.iter().map(|local| who(local)).collect();
        for local in letter.to {
            let message = letter.draft.message(at, letter.keywords);
            filed.push((format!("{local}@{DOMAIN}"), "INBOX", message));
        }
        let sender = &letter.draft.from.1;
        if PEOPLE.iter().any(|person| person.address() == *sender) {
            filed.push((sender.clone(), "Sent", letter.draft.message(at, &["$seen"])));
        }
    }
    filed
}

fn who(local: &str) -> (String, String) {
    let known = PEOPLE.iter().find(|person| person.local == local);
    let name = known.map_or(SHARED.1, |person| person.name);
    (name.to_owned(), format!("{local}@{DOMAIN}"))
}

fn outside(name: &str, address: &str) -> (String, String) {
    (name.to_owned(), address.to_owned())
}

fn letters() -> Vec<Letter> {
    let mut letters = budget();
    letters.push(invitation());
    letters.push(newsletter());
    letters.push(citizen());
    letters.push(english());
    letters
}

/// A thread with an attachment, an answer and a further one.
fn budget() -> Vec<Letter> {
    let csv = "Amt;Ansatz 2026;Ansatz 2027\r\nBauamt;1.250.000;1.310.000\r\nBürgerbüro;420.000;431.000\r\n";
    let subject = "Haushaltsplan 2027: Zahlen zur Prüfung";
    let first = Draft {
        id: "haushalt-1".into(),
        from: who("david.eiche"),
        subject: subject.into(),
        text: "Liebe Kolleginnen und Kollegen,\n\nanbei die Ansätze für 2027 als Tabelle. Bitte prüfen Sie vor allem die \
               Zeilen, die über dem Vorjahr liegen, und antworten Sie bis Donnerstag.\n\nViele Grüße\nDavid Eiche\nKämmerei\n"
            .into(),
        attachments: vec![Attachment {
            name: "Haushalt-2027.csv",
            media_type: "text/csv; charset=utf-8",
            octets: csv.as_bytes().to_vec(),
        }],
        ..Draft::default()
    };
    let second = Draft {
        id: "haushalt-2".into(),
        from: who("emine.falke"),
        subject: format!("Re: {subject}"),
        text: "Hallo David,\n\nbeim Bauamt fehlt die Brücke am Mühlbach, das sind noch einmal 60.000 Euro.\n\nGruß\nEmine\n\n\
               > anbei die Ansätze für 2027 als Tabelle.\n"
            .into(),
        references: vec!["haushalt-1".into()],
        ..Draft::default()
    };
    let third = Draft {
        id: "haushalt-3".into(),
        from: who("anna.amsel"),
        subject: format!("Re: {subject}"),
        text: "Die Brücke nehmen wir hinein. Danke, Emine.\n\nAnna Amsel\n".into(),
        references: vec!["haushalt-1".into(), "haushalt-2".into()],
        ..Draft::default()
    };
    vec![
        Letter {
            to: &["anna.amsel", "emine.falke", "ben.buche"],
            hours_ago: 50,
            keywords: &["$seen", "$flagged"],
            draft: first,
        },
        Letter {
            to: &["david.eiche", "anna.amsel"],
            hours_ago: 47,
            keywords: &["$seen", "$answered"],
            draft: second,
        },
        Letter {
            to: &["david.eiche", "emine.falke"],
            hours_ago: 30,
            keywords: &[],
            draft: third,
        },
    ]
}

/// An invitation is a text/calendar part with its method.
fn invitation() -> Letter {
    let calendar = format!(
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//Wachpost//Demo//DE\nMETHOD:REQUEST\nBEGIN:VEVENT\n\
         UID:dienstbesprechung@{DOMAIN}\nDTSTAMP:20261101T080000Z\nDTSTART:20261214T090000Z\nDTEND:20261214T100000Z\n\
         SUMMARY:Dienstbesprechung\nLOCATION:Raum 204\nORGANIZER:mailto:anna.amsel@{DOMAIN}\n\
         ATTENDEE;RSVP=TRUE:mailto:clara.dohle@{DOMAIN}\nEND:VEVENT\nEND:VCALENDAR\n"
    );
    Letter {
        to: &["clara.dohle", "ben.buche", "greta.habicht"],
        hours_ago: 20,
        keywords: &[],
        draft: Draft {
            id: "einladung".into(),
            from: who("anna.amsel"),
            subject: "Einladung: Dienstbesprechung am 14. Dezember".into(),
            text: "Wir treffen uns um 10 Uhr in Raum 204. Themen bitte bis Freitag an mich.\n\nAnna Amsel\n".into(),
            calendar: Some(calendar),
            ..Draft::default()
        },
    }
}

/// HTML with text beside it.
fn newsletter() -> Letter {
    Letter {
        to: &["greta.habicht", "anna.amsel"],
        hours_ago: 9,
        keywords: &[],
        draft: Draft {
            id: "rundbrief".into(),
            from: outside("Städtebund Rundbrief", "rundbrief@staedtebund.example"),
            subject: "Förderung für Radwege – was jetzt zu tun ist".into(),
            text: "Die neue Förderrichtlinie gilt ab Januar. Anträge nimmt der Städtebund bis 31. März an.\n".into(),
            html: Some(
                "<!doctype html><html lang=\"de\"><body><h1>Förderung für Radwege</h1>\n<p>Die neue \
                 <em>Förderrichtlinie</em> gilt ab <strong>Januar</strong>. Anträge nimmt der Städtebund bis 31.&nbsp;März \
                 an.</p>\n<ul><li>Höchstsatz 75&nbsp;%</li><li>mindestens 2&nbsp;km</li></ul></body></html>\n"
                    .into(),
            ),
            ..Draft::default()
        },
    }
}

/// To the account that several share.
fn citizen() -> Letter {
    Letter {
        to: &["poststelle"],
        hours_ago: 5,
        keywords: &[],
        draft: Draft {
            id: "buergerin".into(),
            from: outside("Zoë Öztürk", "zoe@nachbarort.example"),
            subject: "Straßenlaterne in der Fährgasse".into(),
            text: "Guten Tag,\n\ndie Laterne vor Hausnummer 7 ist seit Montag dunkel. Wer kümmert sich darum?\n\n\
                   Mit freundlichen Grüßen\nZoë Öztürk\n"
                .into(),
            ..Draft::default()
        },
    }
}

/// In English, with a file that is no text.
fn english() -> Letter {
    Letter {
        to: &["ben.buche", "frank.ginster"],
        hours_ago: 2,
        keywords: &["$important"],
        draft: Draft {
            id: "supplier".into(),
            from: outside("Priya Nair", "priya.nair@supplier.example"),
            subject: "Firmware update for the water meters".into(),
            text: "Hello both,\n\nplease find the signed image attached. Install it on one meter first and send me its log.\n\n\
                   Best regards\nPriya\n"
                .into(),
            attachments: vec![Attachment {
                name: "meter-2.4.1.bin",
                media_type: "application/octet-stream",
                octets: (0..=u8::MAX).cycle().take(20_000).collect(),
            }],
            ..Draft::default()
        },
    }
}
