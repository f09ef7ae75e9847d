//! The address books of Musterstadt.

use super::people::DOMAIN;

/// An address book of the shared account that everybody reads: name in addresses, name for people.
pub(super) const SUPPLIERS: (&str, &str) = ("firmen", "Firmen und Ämter");

/// One contact card.
#[derive(Clone, Debug)]
pub(super) struct Card {
    /// Local part of whose it is.
    pub(super) local: &'static str,
    /// Which address book.
    pub(super) address_book: &'static str,
    pub(super) uid: String,
    pub(super) text: String,
}

/// All cards.
pub(super) fn all() -> Vec<Card> {
    let mut cards = Vec::new();
    let mut add = |local, address_book, id: &str, version: &str, lines: &[&str]| {
        let uid = format!("{id}@{DOMAIN}");
        let mut text = format!("BEGIN:VCARD\r\nVERSION:{version}\r\nUID:{uid}\r\n");
        for line in lines {
            text.push_str(line);
            text.push_str("\r\n");
        }
        text.push_str("END:VCARD\r\n");
        cards.push(Card {
            local,
            address_book,
            uid,
            text,
        });
    };
    for (id, name, family, given, firm, phone, email) in FIRMS {
        let lines = [
            format!("FN:{name}"),
            format!("N:{family};{given};;;"),
            format!("ORG:{firm}"),
            format!("TEL;TYPE=WORK,VOICE:{phone}"),
            format!("EMAIL;TYPE=INTERNET:{email}"),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        add("poststelle", SUPPLIERS.0, id, "3.0", &lines);
    }
    add(
        "anna.amsel",
        "contacts",
        "partnerstadt",
        "4.0",
        &[
            "KIND:individual",
            "FN:Marie-Claire Dupré",
            "N:Dupré;Marie-Claire;;;",
            "TITLE:Maire",
            "ADR;TYPE=work:;;1 place de la Mairie;Villejumelle;;57000;France",
            "TEL;VALUE=uri;TYPE=work:tel:+33-3-5550-1234",
            "EMAIL:mc.dupre@villejumelle.example",
            "LANG:fr",
            "NOTE:Besuch im Mai\\; spricht gut Deutsch.",
        ],
    );
    add(
        "anna.amsel",
        "contacts",
        "fraktion",
        "4.0",
        &[
            "KIND:group",
            "FN:Ältestenrat",
            "MEMBER:mailto:mc.dupre@villejumelle.example",
            "MEMBER:mailto:zoe@nachbarort.example",
        ],
    );
    add(
        "ben.buche",
        "contacts",
        "supplier",
        "3.0",
        &[
            "FN:Priya Nair",
            "N:Nair;Priya;;;",
            "ORG:Meter Supplies Ltd;Support",
            "EMAIL;TYPE=INTERNET,WORK:priya.nair@supplier.example",
            "TEL;TYPE=CELL:+44 7700 900123",
            "BDAY:1988-02-29",
            "CATEGORIES:Stadtwerke,Firmware",
        ],
    );
    add(
        "greta.habicht",
        "contacts",
        "lokalzeitung",
        "3.0",
        &[
            "FN:Redaktion Lokalzeitung",
            "N:;;;;",
            "ORG:Musterstädter Bote",
            "EMAIL;TYPE=INTERNET:redaktion@bote.example",
            "URL:https://bote.example/",
        ],
    );
    cards
}

/// Id, full name, family name, given name, firm, telephone, e-mail.
const FIRMS: [(&str, &str, &str, &str, &str, &str, &str); 6] = [
    (
        "firma-1",
        "Holger Stein",
        "Stein",
        "Holger",
        "Stein Tiefbau GmbH",
        "+49 1555 0101",
        "h.stein@tiefbau.example",
    ),
    (
        "firma-2",
        "Ayşe Yıldız",
        "Yıldız",
        "Ayşe",
        "Yıldız Elektrotechnik",
        "+49 1555 0102",
        "info@yildiz.example",
    ),
    (
        "firma-3",
        "Kreisverwaltung\\, Zentrale",
        "",
        "",
        "Kreisverwaltung",
        "+49 1555 0103",
        "poststelle@kreis.example",
    ),
    (
        "firma-4",
        "Łukasz Nowak",
        "Nowak",
        "Łukasz",
        "Gärtnerei Nowak",
        "+49 1555 0104",
        "nowak@garten.example",
    ),
    (
        "firma-5",
        "Städtebund Rundbrief",
        "",
        "",
        "Städtebund",
        "+49 1555 0105",
        "rundbrief@staedtebund.example",
    ),
    (
        "firma-6",
        "Dr. Ute Kern",
        "Kern",
        "Ute",
        "Prüfbüro für Brücken",
        "+49 1555 0106",
        "kern@pruefbuero.example",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_a_contact_card() {
        for card in all() {
            let read = vcard::ContactCard::read(card.text.as_bytes());
            let read = read.unwrap_or_else(|fault| panic!("{fault}: {}", card.text));
            assert_eq!(read.uid().as_deref(), Some(card.uid.as_str()));
        }
    }
}
