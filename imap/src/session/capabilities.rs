//! What the server can do, as it says so before and after sign-in.

use directory::sasl::Mechanism;

/// What decides about what is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    /// The client is signed in.
    pub(crate) signed_in: bool,
    /// `STARTTLS` would work now.
    pub(crate) start_tls: bool,
    /// `LOGIN` would work now.
    pub(crate) login: bool,
    /// The mechanisms that would work now.
    pub(crate) mechanisms: Vec<Mechanism>,
    /// Nothing is compressed yet.
    pub(crate) compress: bool,
    /// Octets of a message for `APPEND`.
    pub(crate) append_limit_octets: usize,
    /// This server's name, at which filters are kept.
    pub(crate) host: String,
    /// The account is reached by JMAP, too.
    pub(crate) jmap: bool,
}

/// The names of what is offered.
pub(crate) fn capabilities(offer: &Offer) -> Vec<String> {
    let mut names: Vec<String> = ALWAYS.iter().map(|name| (*name).to_owned()).collect();
    if offer.signed_in {
        names.extend(SIGNED_IN.iter().map(|name| (*name).to_owned()));
        names.push(format!("APPENDLIMIT={}", offer.append_limit_octets));
        // RFC 6785 3.1: with the ManageSieve server (RFC 5804 3) where the scripts are.
        names.push(format!("IMAPSIEVE=sieve://{}", offer.host));
        if offer.jmap {
            names.push("JMAPACCESS".to_owned());
        }
        if offer.compress {
            names.push("COMPRESS=DEFLATE".to_owned());
        }
        return names;
    }
    // RFC 7888 4: LITERAL- before sign-in, when long literals are refused.
    names.push("LITERAL-".to_owned());
    if offer.start_tls {
        names.push("STARTTLS".to_owned());
    }
    // RFC 9051 6.2.3: where LOGIN would show the password to others.
    if !offer.login {
        names.push("LOGINDISABLED".to_owned());
    }
    names.extend(
        offer
            .mechanisms
            .iter()
            .map(|mechanism| format!("AUTH={mechanism}")),
    );
    names
}

/// IMAP4rev1 first: old clients look for nothing else.
const ALWAYS: [&str; 5] = ["IMAP4rev1", "IMAP4rev2", "SASL-IR", "ID", "ENABLE"];

const SIGNED_IN: [&str; 36] = [
    "LITERAL+",
    "IDLE",
    "NAMESPACE",
    "CHILDREN",
    "UIDPLUS",
    "MOVE",
    "UNSELECT",
    "CONDSTORE",
    "QRESYNC",
    "ESEARCH",
    "SEARCHRES",
    "SORT",
    "SORT=DISPLAY",
    "ESORT",
    "THREAD=ORDEREDSUBJECT",
    "THREAD=REFERENCES",
    "WITHIN",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "LIST-MYRIGHTS",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "STATUS=SIZE",
    "BINARY",
    "MULTIAPPEND",
    "UTF8=ACCEPT",
    "ACL",
    "RIGHTS=kxte",
    "QUOTA",
    "QUOTA=RES-STORAGE",
    "METADATA",
    "OBJECTID",
    "PREVIEW",
    "PARTIAL",
    "SEARCH=FUZZY",
    "UNAUTHENTICATE",
];
