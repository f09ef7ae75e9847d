//! `wachpost group`.

use admin::{GroupRequest, Reply, Request};
use clap::Subcommand;

use super::account::all_pages;
use super::context::{Context, unexpected};
use crate::problem::Problem;
use crate::show::{self, Table};

#[derive(Debug, Subcommand)]
pub(crate) enum Group {
    /// Add a group.
    #[command(
        after_help = "Example:\n  wachpost group add team@example.org --member anna@example.org --member ben@example.org"
    )]
    Add {
        /// Its address.
        address: String,
        /// The name people read; what stands before the `@` by default.
        #[arg(long)]
        name: Option<String>,
        /// A member; can be given several times.
        #[arg(long = "member", value_name = "ADDRESS")]
        members: Vec<String>,
    },
    /// Remove a group.
    #[command(after_help = "Example:\n  wachpost group remove team@example.org")]
    Remove {
        /// Which.
        address: String,
    },
    /// List the groups with their members.
    #[command(after_help = "Example:\n  wachpost group list")]
    List,
    /// Add a member.
    #[command(
        after_help = "Example:\n  wachpost group member-add team@example.org carla@example.org"
    )]
    MemberAdd {
        /// The group.
        address: String,
        /// Whom.
        member: String,
    },
    /// Take a member out.
    #[command(
        after_help = "Example:\n  wachpost group member-remove team@example.org carla@example.org"
    )]
    MemberRemove {
        /// The group.
        address: String,
        /// Whom.
        member: String,
    },
}

impl Group {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let (request, done) = match self {
            Self::Add {
                address,
                name,
                members,
            } => {
                return add(
                    GroupRequest::Add {
                        address,
                        name,
                        members,
                    },
                    context,
                );
            }
            Self::List => return list(context),
            Self::Remove { address } => {
                let done = format!("`{address}` is removed");
                (GroupRequest::Remove { address }, done)
            }
            Self::MemberAdd { address, member } => {
                let done = format!("`{member}` is a member of `{address}`");
                (GroupRequest::AddMember { address, member }, done)
            }
            Self::MemberRemove { address, member } => {
                let done = format!("`{member}` is no member of `{address}` any more");
                (GroupRequest::RemoveMember { address, member }, done)
            }
        };
        context.ask_done(Request::Group(request), &done)
    }
}

fn add(request: GroupRequest, context: &mut Context) -> Result<(), Problem> {
    let Reply::Added(added) = context.ask(Request::Group(request))? else {
        return Err(unexpected());
    };
    context.show(&added, |added| {
        show::line(&format!("added `{}` (#{})", added.address, added.id));
    });
    Ok(())
}

fn list(context: &mut Context) -> Result<(), Problem> {
    let groups = all_pages(context, |after| {
        Request::Group(GroupRequest::List { after })
    })?;
    context.show(&groups, |groups| {
        let mut table = Table::new(&["GROUP", "NAME", "MEMBERS"]);
        for group in groups {
            table.row([
                group.address.clone(),
                group.name.clone(),
                group.members.join(", "),
            ]);
        }
        table.show("no groups: add one with `wachpost group add`");
    });
    Ok(())
}
