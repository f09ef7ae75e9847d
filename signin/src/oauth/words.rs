//! The words of our pages, in German and English.

use model::Protocols;

/// The words of one language.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) language: &'static str,
    pub(crate) sign_in: &'static str,
    pub(crate) address: &'static str,
    pub(crate) password: &'static str,
    pub(crate) go_on: &'static str,
    pub(crate) wrong: &'static str,
    pub(crate) slow: &'static str,
    pub(crate) unavailable: &'static str,
    pub(crate) code_title: &'static str,
    pub(crate) code: &'static str,
    pub(crate) passkey: &'static str,
    pub(crate) other: &'static str,
    /// Behind the name of a program.
    pub(crate) asks: &'static str,
    pub(crate) signed_in_as: &'static str,
    pub(crate) leads_to: &'static str,
    pub(crate) unknown_program: &'static str,
    pub(crate) allow: &'static str,
    pub(crate) deny: &'static str,
    pub(crate) until_revoked: &'static str,
    pub(crate) unsafe_title: &'static str,
    pub(crate) unsafe_text: &'static str,
    pub(crate) over: &'static str,
    pub(crate) insecure: &'static str,
    imap: &'static str,
    smtp: &'static str,
    dav: &'static str,
    jmap: &'static str,
    sieve: &'static str,
}

/// English.
pub(crate) const ENGLISH: Words = Words {
    language: "en",
    sign_in: "Sign in",
    address: "E-mail address",
    password: "Password",
    go_on: "Continue",
    wrong: "That is not right. Check it and try again.",
    slow: "There were too many failures. Wait a while and try again.",
    unavailable: "This is not possible at the moment. Try again later.",
    code_title: "Second factor",
    code: "Code of your authenticator app, or a recovery code",
    passkey: "Use a passkey",
    other: "Sign in with",
    asks: "would like to act for you",
    signed_in_as: "You are signed in as",
    leads_to: "You will be sent on to",
    unknown_program: "This program named itself; nobody here vouches for it. Allow only what you started yourself.",
    allow: "Allow",
    deny: "Deny",
    until_revoked: "This holds until you end it in the list of your sessions.",
    unsafe_title: "This cannot be done",
    unsafe_text: "The program is not known here, or wants to send you where it may not. Tell whoever made it.",
    over: "This took too long. Begin again in the program.",
    insecure: "Passwords are taken over an encrypted connection only. Use the https address.",
    imap: "read and change your mail",
    smtp: "send mail in your name",
    dav: "read and change your calendars, contacts and files",
    jmap: "read, change and send your mail, and read and change your calendars and contacts",
    sieve: "change your mail filters",
};

/// German.
pub(crate) const GERMAN: Words = Words {
    language: "de",
    sign_in: "Anmelden",
    address: "E-Mail-Adresse",
    password: "Passwort",
    go_on: "Weiter",
    wrong: "Das stimmt nicht. Bitte prüfen und noch einmal versuchen.",
    slow: "Es gab zu viele Fehlversuche. Bitte etwas warten und noch einmal versuchen.",
    unavailable: "Das geht im Augenblick nicht. Bitte später noch einmal versuchen.",
    code_title: "Zweiter Faktor",
    code: "Code der Authenticator-App oder ein Wiederherstellungscode",
    passkey: "Passkey verwenden",
    other: "Anmelden mit",
    asks: "möchte für Sie handeln",
    signed_in_as: "Sie sind angemeldet als",
    leads_to: "Danach geht es weiter zu",
    unknown_program: "Dieses Programm hat sich selbst so genannt; niemand hier bürgt dafür. Erlauben Sie nur, was Sie selbst \
                      begonnen haben.",
    allow: "Erlauben",
    deny: "Ablehnen",
    until_revoked: "Das gilt, bis Sie es in der Liste Ihrer Sitzungen beenden.",
    unsafe_title: "Das geht nicht",
    unsafe_text: "Das Programm ist hier nicht bekannt oder will Sie dorthin schicken, wohin es nicht darf. Wenden Sie sich an \
                  dessen Hersteller.",
    over: "Das hat zu lange gedauert. Beginnen Sie im Programm von vorn.",
    insecure: "Passwörter werden nur über eine verschlüsselte Verbindung angenommen. Verwenden Sie die https-Adresse.",
    imap: "Ihre E-Mails lesen und ändern",
    smtp: "in Ihrem Namen E-Mails senden",
    dav: "Ihre Kalender, Kontakte und Dateien lesen und ändern",
    jmap: "Ihre E-Mails lesen, ändern und senden, Ihre Kalender und Kontakte lesen und ändern",
    sieve: "Ihre E-Mail-Filter ändern",
};

impl Words {
    /// The language that a browser likes best (RFC 9110 12.5.4), of those we have; else English.
    pub(crate) fn accepted(field: &str) -> &'static Self {
        let mut best: (f32, &'static Self) = (0.0, &ENGLISH);
        for item in field.split(',').take(LANGUAGES_MAX) {
            let mut parts = item.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let quality = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .map_or(1.0, |text| text.parse().unwrap_or(0.0));
            let primary = tag.split('-').next().unwrap_or_default();
            let words = match primary.to_ascii_lowercase().as_str() {
                "de" => &GERMAN,
                "en" => &ENGLISH,
                _ => continue,
            };
            if quality > best.0 {
                best = (quality, words);
            }
        }
        best.1
    }

    /// What these protocols allow, as people understand it.
    pub(crate) fn of(&self, protocols: Protocols) -> Vec<&'static str> {
        [
            (Protocols::JMAP, self.jmap),
            (Protocols::IMAP, self.imap),
            (Protocols::SUBMISSION, self.smtp),
            (Protocols::DAV, self.dav),
            (Protocols::MANAGESIEVE, self.sieve),
        ]
        .into_iter()
        .filter_map(|(one, words)| protocols.contains(one).then_some(words))
        .collect()
    }
}

/// Languages that a browser may name.
const LANGUAGES_MAX: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_that_is_liked_best() {
        for (field, language) in [
            ("", "en"),
            ("fr", "en"),
            ("de", "de"),
            ("de-AT,en;q=0.9", "de"),
            ("en-GB, de;q=0.5", "en"),
            ("fr, de;q=0.2, en;q=0.1", "de"),
            ("de;q=x", "en"),
        ] {
            assert_eq!(Words::accepted(field).language, language, "{field}");
        }
    }
}
