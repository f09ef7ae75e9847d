//! When a reply is sent and what it says (RFC 5230, RFC 3834).

use std::borrow::Cow;

use super::{Frame, Machine, Result, halt};
use crate::message::address::{is_sendable, single};
use crate::message::field::clean;
use crate::program;
use crate::reply::{ReplyBody, Vacation};
use crate::variables::cut;

/// Octets of a subject in a reply.
const SUBJECT_OCTETS_MAX: usize = 1_000;
/// Octets of the references in a reply.
const REFERENCES_OCTETS_MAX: usize = 4_000;

impl Machine<'_> {
    /// RFC 5230 4
    pub(super) fn vacation(
        &mut self,
        frame: &Frame<'_>,
        vacation: &program::Vacation,
    ) -> Result<()> {
        self.may_reply()?;
        // RFC 5230 4.7: once; it leaves the implicit keep alone.
        if self.has_replied {
            return halt("`vacation` is used twice");
        }
        self.has_replied = true;
        if !self.wants_reply(frame, vacation) {
            return Ok(());
        }
        let top = self.message.top();
        let own = |name: &str| top.first(name).map(|field| field.text());
        // RFC 5230 5.3
        let subject = self
            .optional(frame, vacation.subject.as_ref())
            .unwrap_or_else(|| match own("subject") {
                Some(subject) => Cow::Owned(format!("Auto: {subject}")),
                None => Cow::Borrowed("Automated reply"),
            });
        let subject = clean(cut(&subject, SUBJECT_OCTETS_MAX)).into_owned();
        // RFC 5230 5.8, RFC 5322 3.6.4: the references of the message and its id.
        let id = own("message-id").filter(|id| is_message_id(id));
        let references = id.map(|id| {
            let before =
                own("references").or_else(|| own("in-reply-to").filter(|id| is_message_id(id)));
            let before =
                before.filter(|before| before.is_ascii() && before.len() <= REFERENCES_OCTETS_MAX);
            before.map_or_else(|| id.to_owned(), |before| format!("{before} {id}"))
        });
        // RFC 5230 4.3: an author that is none is left out.
        let from = self
            .optional(frame, vacation.from.as_ref())
            .filter(|from| single(from).is_some());
        let reason = self.text(frame, &vacation.reason).into_owned();
        let reply = Vacation {
            to: self.input.reverse_path.to_owned(),
            fingerprint: vacation.fingerprint,
            seconds: vacation.seconds,
            from: from.map(Cow::into_owned),
            subject,
            body: if vacation.mime {
                ReplyBody::Mime(reason)
            } else {
                ReplyBody::Text(reason)
            },
            in_reply_to: id.map(str::to_owned),
            references,
            fcc: self.fcc(frame, vacation.fcc.as_ref())?,
        };
        self.push_vacation(reply)
    }

    fn wants_reply(&self, frame: &Frame<'_>, vacation: &program::Vacation) -> bool {
        let sender = self.input.reverse_path;
        // RFC 3834 2: nothing answers the null reverse path.
        if sender.is_empty() || !is_sendable(sender) || is_machine(sender) {
            return false;
        }
        let addresses = self.texts(frame, &vacation.addresses);
        // RFC 5230 4.5: the account's addresses, the envelope's, and those that the script names.
        let mut own: Vec<&str> = self.input.own_addresses.to_vec();
        own.push(self.input.recipient);
        own.extend(self.input.original_recipient);
        own.extend(addresses.iter().map(|address| &**address));
        // Nobody answers themselves.
        if own.iter().any(|own| own.eq_ignore_ascii_case(sender)) {
            return false;
        }
        self.is_personal(&own) && !self.is_bulk()
    }

    /// RFC 5230 4.5: the message names one of the person's addresses.
    fn is_personal(&self, own: &[&str]) -> bool {
        let top = self.message.top();
        let names = ["to", "cc", "bcc", "resent-to", "resent-cc", "resent-bcc"];
        let mut fields = names.iter().flat_map(|name| top.named(name));
        fields.any(|field| {
            let mut mailboxes = field.addresses().iter();
            mailboxes.any(|mailbox| {
                own.iter()
                    .any(|own| !own.is_empty() && own.eq_ignore_ascii_case(mailbox.as_str()))
            })
        })
    }

    /// RFC 5230 4.6: what comes from a list or a machine.
    fn is_bulk(&self) -> bool {
        const LIST_FIELDS: [&str; 8] = [
            "list-id",
            "list-help",
            "list-subscribe",
            "list-unsubscribe",
            "list-post",
            "list-owner",
            "list-archive",
            "feedback-id",
        ];
        let top = self.message.top();
        let says = |name: &str, words: &[&str]| {
            let mut fields = top.named(name);
            fields.any(|field| {
                let mut said = field.text().split([',', ' ', ';']);
                said.any(|word| words.iter().any(|known| known.eq_ignore_ascii_case(word)))
            })
        };
        LIST_FIELDS.iter().any(|name| top.first(name).is_some())
            || top.named("auto-submitted").any(|field| is_automatic(field.text()))
            // RFC 3834 2: older signs of the same.
            || says("precedence", &["bulk", "junk", "list"])
            || says("x-auto-response-suppress", &["all", "oof", "autoreply"])
    }
}

/// RFC 3834 5: anything but `no`.
pub(super) fn is_automatic(value: &str) -> bool {
    let value = value.split([';', '(']).next().unwrap_or_default().trim();
    !value.eq_ignore_ascii_case("no")
}

/// RFC 5322 3.6.4 in outline: something in brackets.
fn is_message_id(id: &str) -> bool {
    id.is_ascii()
        && id.starts_with('<')
        && id.ends_with('>')
        && id.len() <= 998
        && !id.contains(char::is_whitespace)
}

/// RFC 5230 4.6: addresses behind which nobody reads.
fn is_machine(address: &str) -> bool {
    const NAMES: [&str; 10] = [
        "mailer-daemon",
        "listserv",
        "majordomo",
        "mdaemon",
        "noreply",
        "no-reply",
        "no_reply",
        "donotreply",
        "do-not-reply",
        "bounce",
    ];
    let local = address
        .rsplit_once('@')
        .map_or(address, |(local, _)| local)
        .to_ascii_lowercase();
    NAMES.contains(&local.as_str())
        || local.starts_with("owner-")
        || local.ends_with("-request")
        || local.ends_with("-owner")
        || local.ends_with("-bounces")
        || local.starts_with("bounces+")
        || local.starts_with("bounce-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_known_by_their_names() {
        for machine in [
            "MAILER-DAEMON@x",
            "owner-list@x",
            "list-request@x",
            "noreply@x",
            "list-bounces@x",
        ] {
            assert!(is_machine(machine), "{machine}");
        }
        for person in ["postmaster@x", "owner@x", "request@x", "bouncer@x"] {
            assert!(!is_machine(person), "{person}");
        }
        assert!(is_automatic("auto-generated; x"));
        assert!(!is_automatic(" No (me)"));
    }
}
