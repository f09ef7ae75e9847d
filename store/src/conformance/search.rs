//! Search: words, fields, umlauts, and that it is never behind.

use std::sync::Arc;

use model::{AccountId, EmailId};

use super::subject::{ANNA, BERT, Subject, all, letter, uids};
use crate::change::Change;
use crate::engine::Engine;
use crate::text::{Field, TextQuery};

fn find(engine: &Arc<dyn Engine>, account: AccountId, field: Field, text: &str) -> Vec<u32> {
    let query = TextQuery {
        account,
        field,
        text: text.into(),
    };
    let found = engine.search(&query).unwrap();
    found.into_iter().map(|email| email.0).collect()
}

pub(super) fn words(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let inbox = subject.mailbox(ANNA, "Inbox");
    for (topic, body) in [
        ("Die Größe der Büroräume", "Straße 12, Café Zürich"),
        ("Grosse Buro", "Strasse 12, cafe Zurich"),
        ("Übernahme", "naïve façade, Ångström, Łódź"),
        (
            "Rechnung 4711-A",
            "wachpost@example.org, 3.14, AT&T, foo_bar",
        ),
        ("Пример Текста", "日本語 ΑΘΗΝΑ"),
    ] {
        subject.add(ANNA, inbox, &letter(topic, body));
    }
    let any = |text| find(engine, ANNA, Field::Any, text);
    assert_eq!(any("größe"), [1, 2], "ß is found as ss, and ö as o");
    assert_eq!(any("GROSSE"), [1, 2]);
    assert_eq!(any("groẞ"), [1, 2]);
    assert_eq!(any("gro"), [1, 2], "the beginning of a word is enough");
    assert_eq!(any("oße"), Vec::<u32>::new(), "the end is not");
    assert_eq!(any("büro"), [1, 2]);
    assert_eq!(any("buro"), [1, 2]);
    assert_eq!(any("Bu\u{308}ro"), [1, 2], "composed or not");
    assert_eq!(any("ZÜRICH café"), [1, 2], "every word, in any order");
    assert_eq!(any("zürich übernahme"), Vec::<u32>::new());
    assert_eq!(any("straße"), [1, 2]);
    assert_eq!(any("ubernahme naive FACADE angstrom"), [3]);
    assert_eq!(any("4711"), [4]);
    assert_eq!(any("4711-a"), [4]);
    assert_eq!(any("wachpost@example.org"), [4]);
    assert_eq!(any("пример"), [5]);
    assert_eq!(any("αθηνα"), [5]);
    assert_eq!(any("日本"), [5]);
    // What means something to some query languages is text here.
    for text in [
        "\"",
        "größe\" OR \"x",
        "subject:größe",
        "(größe",
        "größe*",
        "^größe",
        "größe NOT büro",
    ] {
        let found = any(text);
        assert!(found.len() <= 5, "{text:?} is no error");
    }
    assert_eq!(any("größe*"), [1, 2]);
    assert_eq!(any("(größe)"), [1, 2]);
    assert_eq!(any("größe NOT büro"), Vec::<u32>::new(), "NOT is a word");
    let long = "wort ".repeat(2_000);
    assert_eq!(any(&long), Vec::<u32>::new());
    assert!(find(engine, BERT, Field::Any, "größe").is_empty());
}

pub(super) fn fields(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let inbox = subject.mailbox(ANNA, "Inbox");
    let message = "From: Änne Alpha <aenne@alpha.example>\r\nTo: Bravo <b@bravo.example>\r\n\
         Cc: Charlie <c@charlie.example>\r\nBcc: Delta <d@delta.example>\r\nSubject: Echo\r\n\r\nFoxtrott\r\n";
    subject.add(ANNA, inbox, message.as_bytes());
    let places = [
        (Field::From, "alpha"),
        (Field::To, "bravo"),
        (Field::Cc, "charlie"),
        (Field::Bcc, "delta"),
        (Field::Subject, "echo"),
        (Field::Body, "foxtrott"),
    ];
    for (field, _) in places {
        for (home, word) in places {
            let found = !find(engine, ANNA, field, word).is_empty();
            assert_eq!(found, field == home, "{word} in {field:?}");
        }
    }
    for (_, word) in places {
        assert_eq!(find(engine, ANNA, Field::Any, word), [1]);
    }
    assert_eq!(find(engine, ANNA, Field::Any, "alpha foxtrott"), [1]);
    assert!(find(engine, ANNA, Field::From, "alpha foxtrott").is_empty());
    assert_eq!(find(engine, ANNA, Field::From, "aenne@alpha.example"), [1]);
    assert_eq!(find(engine, ANNA, Field::From, "anne"), [1]);
}

pub(super) fn never_behind(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let (inbox, archive) = (
        subject.mailbox(ANNA, "Inbox"),
        subject.mailbox(ANNA, "Archiv"),
    );
    for number in 1..=20 {
        let message = letter(&format!("Stück{number}x"), "gemeinsam");
        let mut new = subject.new_email(inbox, &message);
        // With its text at hand and without.
        new.text = (number % 2 == 0).then(|| Arc::new(super::text_of(&message)));
        subject.add_email(ANNA, new);
        assert_eq!(
            find(engine, ANNA, Field::Subject, &format!("stuck{number}x")),
            [number]
        );
    }
    assert_eq!(find(engine, ANNA, Field::Body, "gemeinsam").len(), 20);
    let copy = Change::CopyEmails {
        from: inbox,
        uids: uids(&[1]),
        to: archive,
    };
    subject.done(ANNA, copy);
    assert_eq!(
        find(engine, ANNA, Field::Subject, "stück1x"),
        [1, 21],
        "the copy, too"
    );
    let moves = Change::MoveEmails {
        from: inbox,
        uids: uids(&[2]),
        to: archive,
    };
    subject.done(ANNA, moves);
    assert_eq!(find(engine, ANNA, Field::Subject, "stück2x"), [2]);
    let destroy = Change::DestroyEmails {
        mailbox: inbox,
        uids: uids(&[3, 4]),
        only_deleted: false,
    };
    subject.done(ANNA, destroy);
    assert!(
        find(engine, ANNA, Field::Subject, "stück3x").is_empty(),
        "destroyed is not found"
    );
    let restore = Change::RestoreEmail {
        email: EmailId(3),
        mailbox: archive,
    };
    subject.done(ANNA, restore);
    assert_eq!(
        find(engine, ANNA, Field::Subject, "stück3x"),
        [3],
        "restored is found again"
    );
    let clear = Change::DestroyMailbox {
        mailbox: archive,
        with_emails: true,
    };
    subject.done(ANNA, clear);
    assert_eq!(find(engine, ANNA, Field::Body, "gemeinsam").len(), 17);
}

pub(super) fn reindex(engine: &Arc<dyn Engine>) {
    let subject = Subject::new(engine);
    let (inbox, other) = (
        subject.mailbox(ANNA, "Inbox"),
        subject.mailbox(BERT, "Inbox"),
    );
    subject.fill(ANNA, inbox, 10);
    subject.fill(BERT, other, 3);
    let destroy = Change::DestroyEmails {
        mailbox: inbox,
        uids: uids(&[1, 2]),
        only_deleted: false,
    };
    subject.done(ANNA, destroy);
    let before = find(engine, ANNA, Field::Subject, "nummer");
    assert_eq!(before, (3..=10).collect::<Vec<_>>());
    let mut last = (0, 0);
    engine
        .reindex(&mut |done, of| {
            assert!(done <= of && done >= last.0, "{done} of {of}");
            last = (done, of);
        })
        .unwrap();
    assert_eq!(find(engine, ANNA, Field::Subject, "nummer"), before);
    assert_eq!(find(engine, BERT, Field::Subject, "nummer"), [1, 2, 3]);
    subject.add(ANNA, inbox, &letter("Nummer", "elf"));
    assert_eq!(find(engine, ANNA, Field::Body, "elf"), [11]);
    let restore = Change::RestoreEmail {
        email: EmailId(1),
        mailbox: inbox,
    };
    subject.done(ANNA, restore);
    assert_eq!(find(engine, ANNA, Field::Subject, "nummer").len(), 10);
    assert_eq!(engine.rows(ANNA, inbox, &all()).unwrap().len(), 10);
}
