//! `wachpost calendar versions`, `restore`, and the same of `wachpost addressbook`.

use std::str::FromStr;

use admin::{ObjectRequest, Reply, Request, VersionLine};
use clap::Args;
use model::CollectionKind;

use super::context::{Context, unexpected};
use crate::config::size::Size;
use crate::problem::Problem;
use crate::show::Table;

#[derive(Debug, Args)]
pub(crate) struct Versions {
    /// Whose.
    address: String,
    /// In which one; all by default, those that were deleted included.
    name: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Restore {
    /// Whose.
    address: String,
    /// Which version, as `versions` lists it.
    version: VersionNumber,
    /// Where to put it; where it was by default.
    #[arg(long, value_name = "NAME")]
    into: Option<String>,
}

/// The numbers of an object and of the entry that ended this version.
#[derive(Clone, Copy, Debug)]
pub(super) struct VersionNumber {
    pub(super) object: u32,
    pub(super) until: u64,
}

impl FromStr for VersionNumber {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('-').and_then(|(object, until)| {
            Some(Self {
                object: object.parse().ok()?,
                until: until.parse().ok()?,
            })
        });
        numbers.ok_or_else(|| "write it as it is listed, such as `17-203`".to_owned())
    }
}

impl Versions {
    pub(super) fn run(self, kind: CollectionKind, context: &mut Context) -> Result<(), Problem> {
        let request = ObjectRequest::Versions {
            address: self.address,
            kind,
            collection: self.name,
        };
        let Reply::Versions(versions) = context.ask(Request::Object(request))? else {
            return Err(unexpected());
        };
        context.show(&versions, |versions| {
            let mut table = Table::new(&["VERSION", "UNTIL", "THEN", "IN", "NAME", "SIZE", "WHAT"]);
            for version in versions {
                table.row(cells(version));
            }
            table.show("nothing was changed or deleted that can be restored");
        });
        Ok(())
    }
}

fn cells(version: &VersionLine) -> [String; 7] {
    let then = if version.destroyed {
        "deleted"
    } else {
        "changed"
    };
    [
        format!("{}-{}", version.object, version.until),
        version.at.clone(),
        then.to_owned(),
        version
            .collection
            .clone()
            .unwrap_or_else(|| "(deleted)".to_owned()),
        version.name.clone(),
        Size(u64::from(version.octets)).to_string(),
        version.title.clone().unwrap_or_else(|| version.uid.clone()),
    ]
}

impl Restore {
    pub(super) fn run(self, kind: CollectionKind, context: &mut Context) -> Result<(), Problem> {
        let VersionNumber { object, until } = self.version;
        let done = format!("version `{object}-{until}` is back");
        let request = ObjectRequest::RestoreVersion {
            address: self.address,
            kind,
            object,
            until,
            into: self.into,
        };
        context.ask_done(Request::Object(request), &done)
    }
}
