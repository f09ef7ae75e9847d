//! Made-up mail: threads among the people of Musterstadt, the same at every start.

use admin::ImportedMessage;
use model::Timestamp;

use super::mime::Draft;
use super::people::{PEOPLE, Person};

/// Threads that each person begins.
const THREADS_PER_PERSON: u64 = 40;
/// Between two threads.
const THREAD_SPACING_MS: i64 = 5 * 3_600_000;
/// Between a message and its answer.
const ANSWER_SPACING_MS: i64 = 47 * 60_000;

const TOPICS: [(&str, &str); 12] = [
    (
        "Sitzung des Stadtrats",
        "die Unterlagen für die Sitzung liegen jetzt im Umlauf.",
    ),
    (
        "Baustelle Lindenstraße",
        "die Straße bleibt bis Ende nächster Woche halbseitig gesperrt.",
    ),
    (
        "Haushalt, zweiter Entwurf",
        "bitte prüfen Sie die Ansätze Ihres Amtes bis Freitag.",
    ),
    (
        "Weihnachtsmarkt",
        "die Standplätze sind vergeben, drei Anträge warten noch.",
    ),
    (
        "Neue Drucker im Erdgeschoss",
        "die Geräte drucken ab Montag beidseitig.",
    ),
    (
        "Anfrage der Lokalzeitung",
        "wir brauchen bis heute Mittag zwei Sätze zum Schwimmbad.",
    ),
    (
        "Schlüssel für Raum 204",
        "der Schlüssel liegt nicht mehr am Empfang.",
    ),
    (
        "Twin town visit in May",
        "our guests arrive on Thursday and stay until Sunday.",
    ),
    (
        "Server maintenance",
        "mail stays available; the file shares are down for an hour.",
    ),
    (
        "Fundbüro: ein Fahrrad",
        "grün, ohne Sattel, gefunden am Bahnhof.",
    ),
    (
        "Übungsalarm",
        "am Dienstag wird die Feuermeldeanlage geprüft, bitte nicht erschrecken.",
    ),
    (
        "Library opening hours",
        "from next month on the library opens on Saturdays, too.",
    ),
];

const ANSWERS: [&str; 8] = [
    "Danke, das passt so. Ich gebe es weiter.",
    "Da muss ich erst nachsehen; bis morgen haben Sie eine Antwort.",
    "Können wir das am Telefon besprechen? Ich bin ab zehn Uhr am Platz.",
    "Thank you, noted. I will tell the others.",
    "Einverstanden. Wer übernimmt die Ankündigung?",
    "Das Archiv hat dazu noch Unterlagen von 1987, falls sie jemand braucht.",
    "Bitte noch einmal mit Anhang, bei mir kam keiner an.",
    "Sounds good to me.",
];

/// The messages of one person, by mailbox.
pub(super) fn mail_of(
    person: &Person,
    now: Timestamp,
) -> [(&'static str, Vec<ImportedMessage>); 2] {
    let (mut inbox, mut sent) = (Vec::new(), Vec::new());
    for (at, starter) in (0_u64..).zip(&PEOPLE) {
        for number in 0..THREADS_PER_PERSON {
            let mut dice = Dice(at * 1_000 + number + 1);
            let other = &PEOPLE[dice.roll(PEOPLE.len())];
            if other.local == starter.local || ![starter.local, other.local].contains(&person.local)
            {
                continue;
            }
            let age = i64::try_from(number + 1).unwrap_or(1) * THREAD_SPACING_MS
                + i64::try_from(dice.roll(3_600_000)).unwrap_or(0);
            let seen = number > 2;
            for (draft, by_starter, later) in thread(at, number, starter, other, &mut dice) {
                let received_at = now.plus_ms(later - age);
                let is_own = by_starter == (person.local == starter.local);
                if is_own {
                    sent.push((received_at, draft.message(received_at, &["$seen"])));
                } else {
                    let keywords: &[&str] = if seen { &["$seen"] } else { &[] };
                    inbox.push((received_at, draft.message(received_at, keywords)));
                }
            }
        }
    }
    let by_time = |mut messages: Vec<(Timestamp, ImportedMessage)>| {
        messages.sort_by_key(|(at, _)| *at);
        messages.into_iter().map(|(_, message)| message).collect()
    };
    [("INBOX", by_time(inbox)), ("Sent", by_time(sent))]
}

/// Messages of a thread: whether the one who began it wrote it, and how much later than the first.
fn thread(
    at: u64,
    number: u64,
    starter: &Person,
    other: &Person,
    dice: &mut Dice,
) -> Vec<(Draft, bool, i64)> {
    let (topic, text) = TOPICS[dice.roll(TOPICS.len())];
    let who = |person: &Person| (person.name.to_owned(), person.address());
    let mut references = Vec::new();
    let count = 1 + dice.roll(4);
    let mut messages = Vec::with_capacity(count);
    for place in 0..count {
        let by_starter = place % 2 == 0;
        let (from, to) = if by_starter {
            (starter, other)
        } else {
            (other, starter)
        };
        let id = format!("t{at}-{number}-{place}");
        let said = if place == 0 {
            format!("Guten Tag {},\n\n{text}\n", to.name)
        } else {
            format!("{}\n\n> {text}\n", ANSWERS[dice.roll(ANSWERS.len())])
        };
        let draft = Draft {
            id: id.clone(),
            from: who(from),
            to: vec![who(to)],
            subject: if place == 0 {
                topic.to_owned()
            } else {
                format!("Re: {topic}")
            },
            text: format!("{said}\nFreundliche Grüße\n{}\n{}\n", from.name, from.role),
            references: references.clone(),
            ..Draft::default()
        };
        references.push(id);
        let later = i64::try_from(place).unwrap_or(0) * ANSWER_SPACING_MS;
        messages.push((draft, by_starter, later));
    }
    messages
}

/// Numbers that look random and are the same every time (xorshift64*, Vigna 2016).
struct Dice(u64);

impl Dice {
    /// A number below `sides`.
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap_or(0) % sides
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_sent_another_received() {
        let now = Timestamp(1_700_000_000_000);
        let all: Vec<_> = PEOPLE.iter().map(|person| mail_of(person, now)).collect();
        let count = |place: usize| all.iter().map(|mail| mail[place].1.len()).sum::<usize>();
        assert_eq!(count(0), count(1));
        assert!(count(0) > 400, "{}", count(0));
        let [(_, inbox), _] = mail_of(&PEOPLE[1], now);
        let [(_, again), _] = mail_of(&PEOPLE[1], now);
        assert!(
            inbox
                .iter()
                .zip(&again)
                .all(|(one, other)| one.message == other.message)
        );
    }
}
