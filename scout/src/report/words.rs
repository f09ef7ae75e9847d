//! The words of a report in English and German.

use crate::assessment::{Chain, FindingKind, Grade, IndicatorKind, Rung, Verdict};

/// A text in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) en: &'static str,
    pub(crate) de: &'static str,
}

/// `en`, `de`.
pub(crate) const fn words(en: &'static str, de: &'static str) -> Words {
    Words { en, de }
}

pub(crate) fn verdict(verdict: Verdict) -> Words {
    let de = match verdict {
        Verdict::NoTrace => "keine Spur in dem, was die Protokolle abdecken",
        Verdict::CannotKnow => "lässt sich nicht sagen",
        Verdict::Attempted => "versucht",
        Verdict::Compromised => "kompromittiert",
    };
    words(verdict.words(), de)
}

/// What the verdict means, and what it does not.
pub(crate) fn meaning(verdict: Verdict) -> Words {
    match verdict {
        Verdict::NoTrace => words(
            "No sign of an attack was found, and the logs cover the time in which the server was open. That is not a promise that nobody is inside: who came in another way, or changed the logs, is not seen here.",
            "Kein Zeichen eines Angriffs wurde gefunden, und die Protokolle decken die Zeit ab, in der der Server offen war. Das ist kein Versprechen, dass niemand darin ist: Wer anders hereinkam oder die Protokolle geändert hat, ist hier nicht zu sehen.",
        ),
        Verdict::CannotKnow => words(
            "No sign of an attack was found, but something is missing in which one could stand: a log, a time, a list or an export. See below what to collect next; then ask again.",
            "Kein Zeichen eines Angriffs wurde gefunden, aber etwas fehlt, worin eines stehen könnte: ein Protokoll, eine Zeit, eine Liste oder ein Export. Unten steht, was als Nächstes zu sammeln ist; danach neu fragen.",
        ),
        Verdict::Attempted => words(
            "Somebody tried. Nothing that was read shows that it went well for them.",
            "Jemand hat es versucht. Nichts von dem, was gelesen wurde, zeigt, dass es gelang.",
        ),
        Verdict::Compromised => words(
            "Somebody was inside, and may still be. A patch does not remove them: take the server off the network, keep the evidence, and call those who respond to incidents.",
            "Jemand war darin und ist es vielleicht noch. Ein Update entfernt ihn nicht: Server vom Netz nehmen, Beweise sichern, Hilfe für Sicherheitsvorfälle rufen.",
        ),
    }
}

/// The title over what is missing.
pub(crate) const fn collect_next() -> Words {
    words("What to collect next", "Was als Nächstes zu sammeln ist")
}

pub(crate) fn chain(chain: Chain) -> Words {
    match chain {
        Chain::Unknown => words(chain.name(), "unbekannter Weg"),
        Chain::ProxyLogon | Chain::ProxyShell => words(chain.name(), chain.name()),
    }
}

pub(crate) fn rung(rung: Rung) -> Words {
    let de = match rung {
        Rung::Probe => "Probe",
        Rung::RequestForged => "Anfrage gefälscht",
        Rung::Session => "Sitzung",
        Rung::DirectorySet => "Verzeichnis gesetzt",
        Rung::FileWritten => "Datei geschrieben",
        Rung::PageCompiled => "Seite übersetzt",
        Rung::PageCalled => "Seite aufgerufen",
        Rung::ProcessStarted => "Programm gestartet",
        Rung::Dump => "Kennwörter ausgelesen",
        Rung::Export => "Postfächer exportiert",
        Rung::MailboxAccess => "Post gelesen",
    };
    words(rung.words(), de)
}

pub(crate) fn grade(grade: Grade) -> Words {
    let de = match grade {
        Grade::Note => "Hinweis",
        Grade::Scan => "Suche nach der Lücke",
        Grade::Attempt => "Versuch",
        Grade::Success => "gelungen",
    };
    words(grade.words(), de)
}

pub(crate) fn finding(kind: FindingKind) -> Words {
    let de = match kind {
        FindingKind::PlantedFile => "untergeschobene Datei",
        FindingKind::GhostPage => "übersetzte Seite ohne Quelle",
        FindingKind::InboxRule => "Posteingangsregel",
        FindingKind::Forward => "Weiterleitung",
        FindingKind::MailboxRight => "Recht an einem Postfach",
        FindingKind::TransportRule => "Transportregel",
        FindingKind::TransportAgent => "Transport-Agent",
        FindingKind::VirtualDirectory => "virtuelles Verzeichnis",
        FindingKind::IisModule => "Modul des Webservers",
        FindingKind::RoleGroup => "Rollengruppe",
        FindingKind::Application => "Anwendung",
        FindingKind::ScheduledTask => "geplante Aufgabe",
        FindingKind::Account => "Konto",
        FindingKind::KnownIndicator => "bekanntes Merkmal",
        FindingKind::Yara => "YARA-Regel",
        FindingKind::Tampering => "Spuren verwischt",
        FindingKind::Guessing => "Kennwörter geraten",
    };
    words(kind.words(), de)
}

pub(crate) const fn indicator(kind: IndicatorKind) -> Words {
    match kind {
        IndicatorKind::Address => words("address", "Adresse"),
        IndicatorKind::Path => words("path", "Pfad"),
        IndicatorKind::Sha256 => words("SHA-256", "SHA-256"),
        IndicatorKind::Agent => words("user agent", "Programmname"),
        IndicatorKind::Host => words("host", "Rechner"),
        IndicatorKind::Account => words("account", "Konto"),
        IndicatorKind::Url => words("path on the web server", "Pfad am Webserver"),
    }
}
