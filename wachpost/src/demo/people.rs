//! The people of Musterstadt, their groups and further addresses. The domain ends in `.example`, which belongs to nobody.

/// The organisation's domain.
pub(super) const DOMAIN: &str = "musterstadt.example";

/// Somebody who works there.
#[derive(Debug)]
pub(super) struct Person {
    pub(super) local: &'static str,
    pub(super) name: &'static str,
    pub(super) role: &'static str,
}

impl Person {
    pub(super) fn address(&self) -> String {
        format!("{}@{DOMAIN}", self.local)
    }
}

/// The first one administers the server.
pub(super) const PEOPLE: [Person; 8] = [
    Person {
        local: "ben.buche",
        name: "Ben Buche",
        role: "IT-Stelle",
    },
    Person {
        local: "anna.amsel",
        name: "Anna Amsel",
        role: "Bürgermeisterin",
    },
    Person {
        local: "clara.dohle",
        name: "Clara Dohle",
        role: "Bürgerbüro",
    },
    Person {
        local: "david.eiche",
        name: "David Eiche",
        role: "Kämmerei",
    },
    Person {
        local: "emine.falke",
        name: "Emine Falke",
        role: "Bauamt",
    },
    Person {
        local: "frank.ginster",
        name: "Frank Ginster",
        role: "Stadtwerke",
    },
    Person {
        local: "greta.habicht",
        name: "Greta Habicht",
        role: "Pressestelle",
    },
    Person {
        local: "jörg.müller",
        name: "Jörg Müller-Weiß",
        role: "Archiv",
    },
];

/// Local part, name, local parts of the members.
pub(super) const GROUPS: [(&str, &str, &[&str]); 3] = [
    ("it", "IT-Stelle", &["ben.buche", "frank.ginster"]),
    (
        "buergerbuero",
        "Bürgerbüro",
        &["clara.dohle", "david.eiche"],
    ),
    (
        "alle",
        "Alle im Rathaus",
        &[
            "anna.amsel",
            "buergerbuero",
            "it",
            "emine.falke",
            "greta.habicht",
            "jörg.müller",
        ],
    ),
];

/// An account that several share.
pub(super) const SHARED: (&str, &str) = ("poststelle", "Poststelle");
/// The group that works in it.
pub(super) const SHARED_WITH: &str = "buergerbuero";
/// And one more, with whom a newcomer sees what that is like.
pub(super) const SHARED_WITH_ONE: &str = "anna.amsel";

/// Further addresses and whose they are.
pub(super) const ALIASES: [(&str, &str); 4] = [
    ("buergermeisterin", "anna.amsel"),
    ("presse", "greta.habicht"),
    ("admin", "ben.buche"),
    ("info", "poststelle"),
];
