//! What `wachpost calendar` and `wachpost addressbook` have in common.

use admin::{CollectionLine, CollectionName, CollectionRequest, Reply, Request};
use clap::{Args, ValueEnum};
use model::{CollectionKind, CollectionRights};

use super::context::{Context, unexpected};
use crate::config::size::Size;
use crate::problem::Problem;
use crate::show::{self, Table};

/// The word for everybody who can sign in.
const EVERYBODY: &str = "everybody";

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Whose.
    address: String,
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// Whose.
    address: String,
    /// Its short name, such as `team`, which stands in URLs.
    name: String,
    /// The name people read; the short one by default.
    #[arg(long = "called", value_name = "NAME")]
    display_name: Option<String>,
    /// How programs draw it: red, green and blue such as `#0b7a75`.
    #[arg(long, value_name = "COLOUR")]
    color: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Rename {
    /// Whose.
    address: String,
    /// Its short name, which stays.
    name: String,
    /// The name people read.
    display_name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Share {
    /// Whose.
    address: String,
    /// Its short name.
    name: String,
    /// A person or group, or `everybody` who can sign in.
    with: String,
    /// What they may do; it takes the place of what they could before.
    #[arg(long, value_enum, default_value_t = Rights::Read)]
    rights: Rights,
}

#[derive(Debug, Args)]
pub(crate) struct Unshare {
    /// Whose.
    address: String,
    /// Its short name.
    name: String,
    /// The person or group, or `everybody`.
    with: String,
}

#[derive(Debug, Args)]
pub(crate) struct Delete {
    /// Whose.
    address: String,
    /// Its short name.
    name: String,
}

/// What somebody may do; each includes those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rights {
    /// See when the owner is busy, not with what.
    FreeBusy,
    /// Read.
    Read,
    /// Read, add, change and remove.
    Write,
    /// All that, and share it with others.
    Share,
}

impl From<Rights> for CollectionRights {
    fn from(rights: Rights) -> Self {
        match rights {
            Rights::FreeBusy => Self::FREE_BUSY,
            Rights::Read => Self::READER,
            Rights::Write => Self::WRITER,
            Rights::Share => Self::ALL,
        }
    }
}

impl List {
    pub(super) fn run(self, kind: CollectionKind, context: &mut Context) -> Result<(), Problem> {
        let request = CollectionRequest::List {
            address: self.address,
            kind,
        };
        let Reply::Collections(collections) = context.ask(Request::Collection(request))? else {
            return Err(unexpected());
        };
        context.show(&collections, |collections| {
            let mut table = Table::new(&["NAME", "CALLED", "OBJECTS", "SIZE", "SHARED WITH"]);
            for collection in collections {
                table.row(cells(collection));
            }
            table.show("there are none");
        });
        Ok(())
    }
}

fn cells(collection: &CollectionLine) -> [String; 5] {
    let shares = collection.shares.iter().map(|share| {
        let with = share.with.as_deref().unwrap_or(EVERYBODY);
        format!("{with}: {}", rights_word(&share.rights))
    });
    [
        collection.name.clone(),
        collection.display_name.clone().unwrap_or_default(),
        collection.objects.to_string(),
        Size(collection.octets).to_string(),
        shares.collect::<Vec<_>>().join(", "),
    ]
}

/// The furthest of the rights, which includes the others.
pub(super) fn rights_word(rights: &[String]) -> &str {
    rights.last().map_or("nothing", String::as_str)
}

impl Create {
    pub(super) fn run(self, kind: CollectionKind, context: &mut Context) -> Result<(), Problem> {
        let address = self.address.clone();
        let request = CollectionRequest::Create {
            collection: CollectionName {
                address: self.address,
                kind,
                name: self.name,
            },
            display_name: self.display_name,
            color: self.color,
        };
        let Reply::Collections(made) = context.ask(Request::Collection(request))? else {
            return Err(unexpected());
        };
        let made = made.into_iter().next().ok_or_else(unexpected)?;
        context.show(&made, |made| {
            show::line(&format!("made `{}` of `{address}`", made.name));
        });
        Ok(())
    }
}

impl Rename {
    pub(super) fn run(self, kind: CollectionKind, context: &mut Context) -> Result<(), Problem> {
        let done = format!("`{}` is called {}", self.name, self.display_name);
        let request = CollectionRequest::Rename {
            collection: CollectionName {
                address: self.address,
                kind,
                name: self.name,
            },
            display_name: self.display_name,
        };
        context.ask_done(Request::Collection(request), &done)
    }
}

impl Share {
    pub(super) fn run(self, kind: CollectionKind, context: &mut Context) -> Result<(), Problem> {
        if kind == CollectionKind::AddressBook && self.rights == Rights::FreeBusy {
            return Err(Problem::failed(
                "an address book is never busy: share it with `--rights read`, `write` or `share`",
            ));
        }
        let rights = self.rights.to_possible_value();
        let done = format!(
            "`{}` of `{}` is shared with {}: {}",
            self.name,
            self.address,
            self.with,
            rights.as_ref().map_or("", |value| value.get_name())
        );
        let request = CollectionRequest::Share {
            collection: CollectionName {
                address: self.address,
                kind,
                name: self.name,
            },
            with: with(&self.with),
            rights: self.rights.into(),
        };
        context.ask_done(Request::Collection(request), &done)
    }
}

impl Unshare {
    pub(super) fn run(self, kind: CollectionKind, context: &mut Context) -> Result<(), Problem> {
        let done = format!(
            "`{}` of `{}` is not shared with {} any more",
            self.name, self.address, self.with
        );
        let request = CollectionRequest::Share {
            collection: CollectionName {
                address: self.address,
                kind,
                name: self.name,
            },
            with: with(&self.with),
            rights: CollectionRights::NONE,
        };
        context.ask_done(Request::Collection(request), &done)
    }
}

impl Delete {
    pub(super) fn run(self, kind: CollectionKind, context: &mut Context) -> Result<(), Problem> {
        let done = format!("`{}` of `{}` is deleted", self.name, self.address);
        let request = CollectionRequest::Remove {
            collection: CollectionName {
                address: self.address,
                kind,
                name: self.name,
            },
        };
        context.ask_done(Request::Collection(request), &done)
    }
}

/// None for everybody.
fn with(word: &str) -> Option<String> {
    (word != EVERYBODY).then(|| word.to_owned())
}
