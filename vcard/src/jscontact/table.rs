//! Which property of a vCard is which entry of JSContact, where the one is much like the other (RFC 9555 2, 3).

/// A property whose value is one member of an entry.
#[derive(Debug)]
pub(super) struct Row {
    /// The property of the vCard.
    pub(super) name: &'static str,
    /// The property of JSContact, a map.
    pub(super) key: &'static str,
    /// The member that has the value.
    pub(super) member: &'static str,
    /// The `kind` that tells it from others of the same map.
    pub(super) kind: Option<&'static str>,
    /// Whether the value is text, with its backslashes, rather than a URI.
    pub(super) text: bool,
}

const fn text(
    name: &'static str,
    key: &'static str,
    member: &'static str,
    kind: Option<&'static str>,
) -> Row {
    Row {
        name,
        key,
        member,
        kind,
        text: true,
    }
}

const fn uri(name: &'static str, key: &'static str, kind: Option<&'static str>) -> Row {
    Row {
        name,
        key,
        member: "uri",
        kind,
        text: false,
    }
}

/// The rows; of one key the first is meant where an entry has no `kind`.
pub(super) const ROWS: [Row; 21] = [
    text("EMAIL", "emails", "address", None),
    text("TEL", "phones", "number", None),
    text("LANG", "preferredLanguages", "language", None),
    text("TITLE", "titles", "name", Some("title")),
    text("ROLE", "titles", "name", Some("role")),
    text("NOTE", "notes", "note", None),
    text("EXPERTISE", "personalInfo", "value", Some("expertise")),
    text("HOBBY", "personalInfo", "value", Some("hobby")),
    text("INTEREST", "personalInfo", "value", Some("interest")),
    uri("IMPP", "onlineServices", None),
    uri("URL", "links", None),
    uri("CONTACT-URI", "links", Some("contact")),
    uri("PHOTO", "media", Some("photo")),
    uri("LOGO", "media", Some("logo")),
    uri("SOUND", "media", Some("sound")),
    uri("KEY", "cryptoKeys", None),
    uri("CALURI", "calendars", Some("calendar")),
    uri("FBURL", "calendars", Some("freeBusy")),
    uri("CALADRURI", "schedulingAddresses", None),
    uri("ORG-DIRECTORY", "directories", Some("directory")),
    uri("SOURCE", "directories", Some("entry")),
];

/// The row of a property of a vCard.
pub(super) fn row_of(name: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.name == name)
}

/// The row that an entry of that kind is written by.
pub(super) fn row_for(key: &str, kind: Option<&str>) -> Option<&'static Row> {
    let mut rows = ROWS.iter().filter(|row| row.key == key);
    match kind {
        None => rows.next(),
        Some(kind) => rows.find(|row| row.kind == Some(kind)),
    }
}

/// Properties of JSContact that are maps of entries with ids of their own (RFC 9553 2).
pub(super) const MAPS: [&str; 17] = [
    "addresses",
    "anniversaries",
    "calendars",
    "cryptoKeys",
    "directories",
    "emails",
    "links",
    "media",
    "nicknames",
    "notes",
    "onlineServices",
    "organizations",
    "personalInfo",
    "phones",
    "preferredLanguages",
    "schedulingAddresses",
    "titles",
];

/// Properties of JSContact that are maps by something said: keywords, and those who are named by a URI.
pub(super) const SETS: [&str; 3] = ["keywords", "members", "relatedTo"];

/// Maps whose entries have a `label` (RFC 9553 1.5.3).
pub(super) const LABELLED: [&str; 10] = [
    "calendars",
    "cryptoKeys",
    "directories",
    "emails",
    "links",
    "media",
    "onlineServices",
    "personalInfo",
    "phones",
    "schedulingAddresses",
];

/// Texts that stand alone: property of the vCard, property of JSContact.
pub(super) const SINGLES: [(&str, &str); 6] = [
    ("UID", "uid"),
    ("KIND", "kind"),
    ("LANGUAGE", "language"),
    ("PRODID", "prodId"),
    ("CREATED", "created"),
    ("REV", "updated"),
];

/// RFC 9555 2.2 `TYPE`: where something is used, and its word in JSContact.
pub(super) const CONTEXTS: [(&str, &str); 4] = [
    ("home", "private"),
    ("work", "work"),
    ("billing", "billing"),
    ("delivery", "delivery"),
];

/// What a telephone can (RFC 9553 2.3.3 `features`): `TYPE` of the vCard and word of JSContact.
pub(super) const FEATURES: [(&str, &str); 8] = [
    ("cell", "mobile"),
    ("voice", "voice"),
    ("text", "text"),
    ("video", "video"),
    ("fax", "fax"),
    ("pager", "pager"),
    ("textphone", "textphone"),
    ("main-number", "main-number"),
];

/// RFC 6715 3.2 `LEVEL`: of an expertise, and the word of JSContact.
pub(super) const EXPERTISE_LEVELS: [(&str, &str); 3] = [
    ("beginner", "low"),
    ("average", "medium"),
    ("expert", "high"),
];

/// Kinds of anniversaries (RFC 9553 2.8.1): property of the date, property of the place, kind.
pub(super) const ANNIVERSARIES: [(&str, Option<&str>, &str); 3] = [
    ("BDAY", Some("BIRTHPLACE"), "birth"),
    ("DEATHDATE", Some("DEATHPLACE"), "death"),
    ("ANNIVERSARY", None, "wedding"),
];

/// Components of a name by their place in `N` (RFC 9554 2.2).
pub(super) const NAME_KINDS: [&str; 7] = [
    "surname",
    "given",
    "given2",
    "title",
    "credential",
    "surname2",
    "generation",
];

/// Components of an address by their place in `ADR` (RFC 9554 2.1, RFC 9555 2.6.1).
pub(super) const ADDRESS_KINDS: [&str; 18] = [
    "postOfficeBox",
    "apartment",
    "name",
    "locality",
    "region",
    "postcode",
    "country",
    "room",
    "apartment",
    "floor",
    "number",
    "name",
    "building",
    "block",
    "subdistrict",
    "district",
    "landmark",
    "direction",
];

/// Parameters that an entry says; all others of a property stay at it when it is written anew.
pub(super) const SAID_PARAMETERS: [&str; 22] = [
    "AUTHOR",
    "AUTHOR-NAME",
    "CALSCALE",
    "CC",
    "CHARSET",
    "CREATED",
    "DERIVED",
    "ENCODING",
    "GEO",
    "INDEX",
    "JSCOMPS",
    "LABEL",
    "LEVEL",
    "MEDIATYPE",
    "PREF",
    "PROP-ID",
    "SERVICE-TYPE",
    "SORT-AS",
    "TYPE",
    "TZ",
    "USERNAME",
    "VALUE",
];
