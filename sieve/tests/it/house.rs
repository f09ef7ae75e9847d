//! A house to run scripts in: what stands in the `given` section of a transcript.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use sieve::{
    Action, Cause, Environment, Event, FileInto, Fingerprint, Input, Outcome, Place, ReplyBody,
    Script, Surroundings,
};

/// Lines of the form `word rest`, by their first words.
#[derive(Debug, Default)]
pub(crate) struct Given {
    lines: Vec<(String, String)>,
    pub(crate) scripts: HashMap<(Place, String), Arc<Script>>,
}

impl Given {
    pub(crate) fn new(text: &str) -> Self {
        let lines = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| {
                let (word, rest) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
                (word.to_owned(), rest.trim().to_owned())
            });
        Self {
            lines: lines.collect(),
            scripts: HashMap::new(),
        }
    }

    fn all(&self, word: &str) -> impl Iterator<Item = &str> {
        self.lines
            .iter()
            .filter(move |(known, _)| known == word)
            .map(|(_, rest)| rest.as_str())
    }

    fn one(&self, word: &str) -> Option<&str> {
        self.all(word).next()
    }

    fn words(&self, word: &str) -> Vec<&str> {
        self.all(word).flat_map(str::split_whitespace).collect()
    }

    /// Runs a script over a message in this house.
    pub(crate) fn run(&self, script: &Script, message: &[u8]) -> Outcome {
        let own = self.words("own");
        let flags = self.words("flags");
        let changed = self.words("changed");
        let event = match self.one("event").and_then(|event| event.split_once(' ')) {
            None => Event::Delivery,
            Some((cause, mailbox)) => Event::Imap {
                cause: match cause {
                    "append" => Cause::Append,
                    "copy" => Cause::Copy,
                    _ => Cause::Flag,
                },
                mailbox,
                user: "alice",
                address: "alice@example.org",
                changed_flags: &changed,
            },
        };
        let number = |word: &str| self.one(word).map(|number| number.parse::<i64>().unwrap());
        let mut input = Input::new(message);
        input.reverse_path = self.one("from").unwrap_or("sender@example.net");
        input.recipient = self.one("to").unwrap_or("owner@example.org");
        input.original_recipient = self.one("original");
        input.own_addresses = &own;
        input.authenticated_user = self.one("auth");
        input.now = number("now").unwrap_or(1_133_950_082);
        input.utc_offset_minutes =
            number("offset").map_or(0, |minutes| minutes.try_into().unwrap());
        input.event = event;
        input.flags = &flags;
        input.spam = number("spam").map(|spam| spam.try_into().unwrap());
        input.virus = number("virus").map(|virus| virus.try_into().unwrap());
        input.environment = Environment {
            domain: self.one("domain"),
            host: self.one("host"),
            location: self.one("location"),
            phase: self.one("phase"),
            remote_host: self.one("remote-host"),
            remote_ip: self.one("remote-ip"),
        };
        input.subaddress_separators = self.one("separators").unwrap_or("+");
        sieve::run(script, &input, self, &sieve::Limits::default())
    }
}

impl Surroundings for Given {
    fn script(&self, place: Place, name: &str) -> Option<Arc<Script>> {
        self.scripts.get(&(place, name.to_owned())).cloned()
    }

    fn mailbox_exists(&self, name: &str) -> bool {
        self.all("mailbox").any(|known| known == name)
    }

    fn mailbox_id_exists(&self, id: &str) -> bool {
        self.all("mailboxid").any(|known| known == id)
    }

    fn special_use_exists(&self, attribute: &str, mailbox: Option<&str>) -> bool {
        self.all("use").any(|line| {
            let (known, within) = line.split_once(' ').unwrap_or((line, ""));
            known.eq_ignore_ascii_case(attribute) && mailbox.is_none_or(|mailbox| mailbox == within)
        })
    }

    fn list_exists(&self, list: &str) -> bool {
        self.all("list")
            .any(|line| line.split(' ').next() == Some(list))
    }

    fn in_list(&self, list: &str, value: &str) -> bool {
        self.list_members(list).iter().any(|member| member == value)
    }

    fn list_members(&self, list: &str) -> Vec<String> {
        let lines = self
            .all("list")
            .filter(|line| line.split(' ').next() == Some(list));
        lines
            .flat_map(|line| line.split(' ').skip(1))
            .map(str::to_owned)
            .collect()
    }

    fn seen_before(&self, _: &Fingerprint) -> bool {
        self.one("seen").is_some()
    }
}

/// The actions of an outcome, one a line.
pub(crate) fn told(outcome: &Outcome) -> String {
    let mut told = String::new();
    for action in &outcome.actions {
        match action {
            Action::Keep { flags, edition } => {
                let _ = write!(told, "keep");
                tell_flags(&mut told, flags);
                tell_edition(&mut told, edition.0);
            }
            Action::FileInto(target) => {
                let _ = write!(told, "fileinto ");
                tell_target(&mut told, target);
                tell_edition(&mut told, target.edition.0);
            }
            Action::Redirect(redirect) => {
                let _ = write!(told, "redirect {}", redirect.address);
                if let Some(notify) = &redirect.notify {
                    let _ = write!(told, " notify {notify}");
                }
                if let Some(ret) = &redirect.ret {
                    let _ = write!(told, " ret {ret}");
                }
                tell_edition(&mut told, redirect.edition.0);
            }
            Action::Discard => told.push_str("discard"),
            Action::Reject {
                reason,
                at_protocol,
            } => {
                let _ = write!(
                    told,
                    "{} {reason:?}",
                    if *at_protocol { "ereject" } else { "reject" }
                );
            }
            Action::Vacation(reply) => {
                let _ = write!(told, "vacation to {} seconds {}", reply.to, reply.seconds);
                if let Some(from) = &reply.from {
                    let _ = write!(told, " from {from:?}");
                }
                let (kind, text) = match &reply.body {
                    ReplyBody::Text(text) => ("text", text),
                    ReplyBody::Mime(text) => ("mime", text),
                };
                let _ = write!(told, " subject {:?} {kind} {text:?}", reply.subject);
                if let Some(id) = &reply.in_reply_to {
                    let _ = write!(told, " in-reply-to {id}");
                }
                if let Some(references) = &reply.references {
                    let _ = write!(told, " references {references}");
                }
                tell_fcc(&mut told, reply.fcc.as_ref());
            }
            Action::Notify(notify) => {
                let _ = write!(told, "notify to {}", notify.to.join(","));
                if !notify.cc.is_empty() {
                    let _ = write!(told, " cc {}", notify.cc.join(","));
                }
                if let Some(from) = &notify.from {
                    let _ = write!(told, " from {from:?}");
                }
                let _ = write!(
                    told,
                    " importance {} subject {:?} body {:?}",
                    notify.importance, notify.subject, notify.body
                );
                for (name, value) in &notify.headers {
                    let _ = write!(told, " {name}: {value:?}");
                }
                tell_fcc(&mut told, notify.fcc.as_ref());
            }
            Action::Remember { seconds, .. } => {
                let _ = write!(told, "remember {seconds}");
            }
        }
        told.push('\n');
    }
    told
}

fn tell_flags(told: &mut String, flags: &[String]) {
    if !flags.is_empty() {
        let _ = write!(told, " ({})", flags.join(" "));
    }
}

fn tell_edition(told: &mut String, edition: u32) {
    if edition > 0 {
        let _ = write!(told, " edition {edition}");
    }
}

fn tell_target(told: &mut String, target: &FileInto) {
    let _ = write!(told, "{:?}", target.mailbox);
    tell_flags(told, &target.flags);
    if let Some(id) = &target.mailbox_id {
        let _ = write!(told, " id {id:?}");
    }
    if let Some(attribute) = &target.special_use {
        let _ = write!(told, " use {attribute}");
    }
    if target.create {
        told.push_str(" create");
    }
}

fn tell_fcc(told: &mut String, fcc: Option<&FileInto>) {
    if let Some(fcc) = fcc {
        told.push_str(" fcc ");
        tell_target(told, fcc);
    }
}
