//! Mutations, rights and protocols in words that people read.

pub(crate) mod collection;
mod mail_settings;

use std::collections::BTreeMap;

use model::{
    CollectionId, Credential, CredentialKind, GrantHolder, Keyword, Keywords, MailboxId, Mutation,
    NumberSet, Principal, PrincipalKind, Protocols, Rights,
};

/// Runs of numbers that a line names; more are counted.
const RANGES_NAMED_MAX: usize = 8;

/// Names of an account's mailboxes, keywords and collections, as far as they are known while its journal is read.
#[derive(Debug, Default)]
pub(crate) struct Names {
    mailboxes: BTreeMap<MailboxId, String>,
    keywords: BTreeMap<u8, Keyword>,
    collections: BTreeMap<CollectionId, String>,
}

impl Names {
    /// The names that `path` gives to these mailboxes.
    pub(crate) fn new<T>(
        path: impl Fn(MailboxId) -> String,
        mailboxes: &BTreeMap<MailboxId, T>,
    ) -> Self {
        Self {
            mailboxes: mailboxes.keys().map(|id| (*id, path(*id))).collect(),
            ..Self::default()
        }
    }

    /// The name of this collection, as it is now.
    pub(crate) fn add_collection(&mut self, id: CollectionId, name: String) {
        self.collections.insert(id, name);
    }

    fn collection(&self, id: CollectionId) -> String {
        self.collections
            .get(&id)
            .map_or_else(|| format!("collection #{id}"), |name| format!("`{name}`"))
    }

    fn mailbox(&self, id: MailboxId) -> String {
        self.mailboxes
            .get(&id)
            .map_or_else(|| format!("mailbox #{id}"), |name| format!("`{name}`"))
    }

    fn keywords(&self, keywords: Keywords) -> String {
        let names: Vec<_> = keywords
            .bits()
            .map(|bit| match Keyword::FIXED.get(usize::from(bit)) {
                Some(name) => (*name).to_owned(),
                None => self
                    .keywords
                    .get(&bit)
                    .map_or_else(|| format!("keyword #{bit}"), ToString::to_string),
            })
            .collect();
        names.join(", ")
    }
}

/// One step of a commit in words.
pub(crate) fn describe(mutation: &Mutation, names: &mut Names) -> String {
    match mutation {
        Mutation::CreateMailbox(new) => {
            names
                .mailboxes
                .entry(new.mailbox)
                .or_insert_with(|| new.name.to_string());
            format!("made mailbox `{}` (#{})", new.name, new.mailbox)
        }
        Mutation::UpdateMailbox { mailbox, name, .. } => {
            format!("renamed or moved {}, now `{name}`", names.mailbox(*mailbox))
        }
        Mutation::DestroyMailbox { mailbox } => format!("deleted {}", names.mailbox(*mailbox)),
        Mutation::SetSubscribed {
            mailbox,
            principal,
            subscribed,
        } => {
            let did = if *subscribed {
                "subscribed to"
            } else {
                "unsubscribed from"
            };
            format!("#{principal} {did} {}", names.mailbox(*mailbox))
        }
        Mutation::SetShare {
            mailbox,
            principal,
            rights,
        } => share(&names.mailbox(*mailbox), *principal, *rights),
        Mutation::DefineKeyword { bit, keyword } => {
            names.keywords.insert(*bit, keyword.clone());
            format!("used keyword `{keyword}` for the first time")
        }
        Mutation::Enqueue(item) => format!(
            "submitted a message of {} octets from <{}> to {} recipients elsewhere (queue #{})",
            item.size,
            item.reverse_path,
            item.recipients.len(),
            item.id
        ),
        Mutation::Dequeue { id } => format!("took queue #{id} out of the queue"),
        Mutation::SetQueued { id, standing } => match &standing.hold {
            Some(reason) => format!("queue #{id} is held: {reason}"),
            None => format!(
                "queue #{id} waits on, {} recipients settled",
                standing.settled.len()
            ),
        },
        Mutation::SetQuota { octets } => match octets {
            Some(octets) => format!("set the account's quota to {octets} octets"),
            None => "took the account's quota away".to_owned(),
        },
        Mutation::AddEmail(_)
        | Mutation::SetKeywords { .. }
        | Mutation::CopyEmails(_)
        | Mutation::MoveEmails(_)
        | Mutation::DestroyEmails(_)
        | Mutation::RestoreEmail(_)
        | Mutation::PurgeEmails { .. } => emails(mutation, names),
        Mutation::SetDomain(_)
        | Mutation::RemoveDomain { .. }
        | Mutation::SetPrincipal(_)
        | Mutation::RemovePrincipal { .. }
        | Mutation::SetAlias(_)
        | Mutation::RemoveAlias { .. }
        | Mutation::SetCredential(_)
        | Mutation::RemoveCredential { .. }
        | Mutation::SetMailSettings { .. }
        | Mutation::SetArchive { .. }
        | Mutation::NoteCredentialUses(_) => directory(mutation),
        Mutation::CreateCollection(_)
        | Mutation::UpdateCollection { .. }
        | Mutation::DestroyCollection { .. }
        | Mutation::ShareCollection { .. }
        | Mutation::SetDeputy { .. }
        | Mutation::PutObject(_)
        | Mutation::SetObjectProperties { .. }
        | Mutation::MoveObject(_)
        | Mutation::DestroyObjects { .. }
        | Mutation::PurgeVersions { .. } => collection::describe(mutation, names),
    }
}

fn share(mailbox: &str, principal: Option<model::PrincipalId>, rights: Rights) -> String {
    let with = principal.map_or_else(|| "everybody".to_owned(), |id| format!("#{id}"));
    if rights == Rights::NONE {
        format!("stopped sharing {mailbox} with {with}")
    } else {
        format!("shared {mailbox} with {with}: {}", rights_words(rights))
    }
}

fn emails(mutation: &Mutation, names: &Names) -> String {
    match mutation {
        Mutation::AddEmail(new) => format!(
            "added email #{} of {} octets to {} as UID {}",
            new.email,
            new.size,
            names.mailbox(new.mailbox),
            new.uid
        ),
        Mutation::SetKeywords {
            mailbox,
            uids,
            added,
            removed,
        } => {
            let mut did = Vec::new();
            if *added != Keywords::NONE {
                did.push(format!("set {}", names.keywords(*added)));
            }
            if *removed != Keywords::NONE {
                did.push(format!("cleared {}", names.keywords(*removed)));
            }
            let did = did.join(" and ");
            format!(
                "{did} on {} in {}",
                uids_words(uids),
                names.mailbox(*mailbox)
            )
        }
        Mutation::CopyEmails(copy) => format!(
            "copied {} from {} to {}",
            uids_words(&copy.uids),
            names.mailbox(copy.from),
            names.mailbox(copy.to)
        ),
        Mutation::MoveEmails(moved) => format!(
            "moved {} from {} to {}",
            uids_words(&moved.uids),
            names.mailbox(moved.from),
            names.mailbox(moved.to)
        ),
        Mutation::DestroyEmails(destroyed) => format!(
            "destroyed {} in {}",
            uids_words(&destroyed.uids),
            names.mailbox(destroyed.mailbox)
        ),
        Mutation::RestoreEmail(restored) => format!(
            "brought email #{} back to {} as UID {}",
            restored.email,
            names.mailbox(restored.mailbox),
            restored.uid
        ),
        Mutation::PurgeEmails { emails } => {
            format!("removed {} destroyed emails for good", emails.len())
        }
        _ => String::new(),
    }
}

fn directory(mutation: &Mutation) -> String {
    match mutation {
        Mutation::SetDomain(domain) => match domain.catch_all {
            Some(id) => format!("set domain `{}`, catch-all #{id}", domain.name),
            None => format!("set domain `{}`", domain.name),
        },
        Mutation::RemoveDomain { name } => format!("removed domain `{name}`"),
        Mutation::SetPrincipal(principal) => principal_words(principal),
        Mutation::RemovePrincipal { principal } => format!("removed #{principal}"),
        Mutation::SetAlias(alias) => {
            format!("set alias `{}` of #{}", alias.address, alias.principal)
        }
        Mutation::RemoveAlias { address } => format!("removed alias `{address}`"),
        Mutation::SetCredential(credential) => credential_words(credential),
        Mutation::NoteCredentialUses(uses) => {
            format!("noted the last use of {} credentials", uses.len())
        }
        Mutation::RemoveCredential { credential } => format!("removed credential #{credential}"),
        Mutation::SetMailSettings {
            principal,
            settings,
        } => mail_settings::words(*principal, settings),
        Mutation::SetArchive { domain, address } => {
            let whose = match domain {
                Some(domain) => format!("mail of `{domain}`"),
                None => "all mail".to_owned(),
            };
            match address {
                Some(address) => format!("has {whose} copied to the archive `{address}`"),
                None => format!("has {whose} copied to no archive of its own any more"),
            }
        }
        _ => String::new(),
    }
}

fn principal_words(principal: &Principal) -> String {
    let mut words = match &principal.kind {
        PrincipalKind::Person => format!("set person `{}`", principal.address),
        PrincipalKind::Shared => format!("set shared account `{}`", principal.address),
        PrincipalKind::Room { .. } => format!("set room `{}`", principal.address),
        PrincipalKind::Equipment => format!("set equipment `{}`", principal.address),
        PrincipalKind::Group { members } => {
            format!(
                "set group `{}` with {} members",
                principal.address,
                members.len()
            )
        }
    };
    words.push_str(&format!(" (#{})", principal.id));
    if principal.administrator {
        words.push_str(", administrator");
    }
    if !principal.enabled {
        words.push_str(", disabled");
    }
    words
}

fn uids_words(uids: &NumberSet) -> String {
    let named = ranges_words(uids);
    match uids.len() {
        1 => format!("UID {named}"),
        count => format!("{count} emails (UID {named})"),
    }
}

/// The numbers, as runs; not all of many.
fn ranges_words(numbers: &NumberSet) -> String {
    let ranges = numbers.ranges();
    let mut named: Vec<_> = ranges
        .iter()
        .take(RANGES_NAMED_MAX)
        .map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            }
        })
        .collect();
    if ranges.len() > RANGES_NAMED_MAX {
        named.push("...".to_owned());
    }
    named.join(",")
}

/// The protocols by their names, in the order in which they came to be.
pub(crate) fn protocol_names(protocols: Protocols) -> Vec<String> {
    let all = [
        (Protocols::IMAP, "imap"),
        (Protocols::SUBMISSION, "submission"),
        (Protocols::POP3, "pop3"),
        (Protocols::DAV, "dav"),
        (Protocols::JMAP, "jmap"),
        (Protocols::MANAGESIEVE, "managesieve"),
        (Protocols::EWS, "ews"),
        (directory::ADMINISTRATION, "administration"),
    ];
    all.into_iter()
        .filter(|(protocol, _)| protocols.contains(*protocol))
        .map(|(_, name)| name.to_owned())
        .collect()
}

fn rights_words(rights: Rights) -> String {
    let all = [
        (Rights::LOOKUP, "see it"),
        (Rights::READ, "read"),
        (Rights::SEEN, "mark as read"),
        (Rights::WRITE, "mark"),
        (Rights::INSERT, "add"),
        (Rights::POST, "post"),
        (Rights::CREATE, "make mailboxes in it"),
        (Rights::DELETE_MAILBOX, "delete it"),
        (Rights::DELETE_EMAIL, "mark as deleted"),
        (Rights::EXPUNGE, "destroy"),
        (Rights::ADMINISTER, "share"),
    ];
    let named: Vec<_> = all
        .into_iter()
        .filter(|(right, _)| rights.contains(*right))
        .map(|(_, words)| words)
        .collect();
    named.join(", ")
}

fn credential_words(credential: &Credential) -> String {
    let what = match &credential.kind {
        CredentialKind::Password(_) => "the password".to_owned(),
        CredentialKind::AppPassword(app) => format!(
            "app password `{}` for {}",
            app.label,
            protocol_names(app.protocols).join(", ")
        ),
        CredentialKind::Totp(totp) => format!("second factor `{}` (codes)", totp.label),
        CredentialKind::Passkey(passkey) => format!("passkey `{}`", passkey.label),
        CredentialKind::RecoveryCodes(codes) => format!("{} recovery codes", codes.left.len()),
        CredentialKind::Grant(grant) => match &grant.holder {
            GrantHolder::Browser => format!("session `{}`", grant.label),
            GrantHolder::Program { .. } => format!(
                "access of `{}` to {}",
                grant.label,
                protocol_names(grant.protocols).join(", ")
            ),
        },
    };
    format!(
        "set {what} of #{} (credential #{})",
        credential.principal, credential.id
    )
}
