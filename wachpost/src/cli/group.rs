//! `wachpost group`.

use admin::{GroupRequest, ListChange, ListPart, Reply, Request};
use clap::{Subcommand, ValueEnum};
use model::Posting;

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
    /// Say who may write to a group; that makes it a distribution list.
    #[command(after_help = "Examples:\n  \
        wachpost group posting team@example.org members      its members, also those elsewhere\n  \
        wachpost group posting all@example.org named         only who was named with `poster-add`\n  \
        wachpost group posting team@example.org plain        no list any more: it only stands for its members")]
    Posting {
        /// The group.
        address: String,
        /// Who.
        #[arg(value_enum)]
        who: Who,
    },
    /// Let somebody write to a list, whoever else may.
    #[command(
        after_help = "Example:\n  wachpost group poster-add all@example.org director@example.org"
    )]
    PosterAdd {
        /// The list.
        address: String,
        /// A person, a group, or an address elsewhere.
        who: String,
    },
    /// Let somebody write to a list no more.
    #[command(
        after_help = "Example:\n  wachpost group poster-remove all@example.org director@example.org"
    )]
    PosterRemove {
        /// The list.
        address: String,
        /// Whom.
        who: String,
    },
    /// Have somebody decide about what is written to a list: until then it waits.
    #[command(
        after_help = "Example:\n  wachpost group moderator-add news@example.org anna@example.org"
    )]
    ModeratorAdd {
        /// The list.
        address: String,
        /// A person or a group.
        who: String,
    },
    /// Have somebody decide no more; without moderators nothing waits.
    #[command(
        after_help = "Example:\n  wachpost group moderator-remove news@example.org anna@example.org"
    )]
    ModeratorRemove {
        /// The list.
        address: String,
        /// Whom.
        who: String,
    },
    /// List what waits for a moderator.
    #[command(after_help = "Example:\n  wachpost group pending news@example.org")]
    Pending {
        /// Of which list; of all, if it is left out.
        address: Option<String>,
    },
    /// Let a waiting message through to the members.
    #[command(after_help = "Example:\n  wachpost group approve news@example.org 17")]
    Approve {
        /// The list.
        address: String,
        /// The message's number, as `pending` shows it.
        number: u32,
    },
    /// Throw a waiting message away; if one of ours wrote it, they are told.
    #[command(
        after_help = "Example:\n  wachpost group reject news@example.org 17 --reason 'Please ask the press office first.'"
    )]
    Reject {
        /// The list.
        address: String,
        /// The message's number, as `pending` shows it.
        number: u32,
        /// What its author is told.
        #[arg(long, default_value = "")]
        reason: String,
    },
}

/// Who may write to a list.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Who {
    /// Everybody.
    Everybody,
    /// Those who signed in here.
    Inside,
    /// Its members.
    Members,
    /// Only those who are named.
    Named,
    /// It is no list, and only stands for its members.
    Plain,
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
            Self::Pending { address } => return pending(address, context),
            Self::Posting { address, who } => posting(address, who),
            Self::PosterAdd { address, who } => part(address, who, ListPart::Posters, true),
            Self::PosterRemove { address, who } => part(address, who, ListPart::Posters, false),
            Self::ModeratorAdd { address, who } => part(address, who, ListPart::Moderators, true),
            Self::ModeratorRemove { address, who } => {
                part(address, who, ListPart::Moderators, false)
            }
            Self::Approve { address, number } => {
                let done = format!("message {number} goes to the members of `{address}`");
                (GroupRequest::Approve { address, number }, done)
            }
            Self::Reject {
                address,
                number,
                reason,
            } => {
                let done = format!("message {number} to `{address}` is thrown away");
                let request = GroupRequest::Reject {
                    address,
                    number,
                    reason,
                };
                (request, done)
            }
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

fn posting(address: String, who: Who) -> (GroupRequest, String) {
    let (change, words) = match who {
        Who::Everybody => (ListChange::Posting(Posting::Everybody), "everybody"),
        Who::Inside => (ListChange::Posting(Posting::Inside), "who signed in here"),
        Who::Members => (ListChange::Posting(Posting::Members), "every member"),
        Who::Named => (ListChange::Posting(Posting::Named), "only who is named"),
        Who::Plain => (ListChange::Plain, "everybody, it is no list any more"),
    };
    let done = format!("to `{address}` may write: {words}");
    (GroupRequest::SetList { address, change }, done)
}

fn part(address: String, who: String, part: ListPart, add: bool) -> (GroupRequest, String) {
    let done = match (part, add) {
        (ListPart::Posters, true) => format!("`{who}` may write to `{address}`"),
        (ListPart::Posters, false) => format!("`{who}` is not named at `{address}` any more"),
        (ListPart::Moderators, true) => format!("`{who}` decides about mail to `{address}`"),
        (ListPart::Moderators, false) => {
            format!("`{who}` does not decide about mail to `{address}` any more")
        }
    };
    let change = ListChange::Part { part, who, add };
    (GroupRequest::SetList { address, change }, done)
}

fn pending(address: Option<String>, context: &mut Context) -> Result<(), Problem> {
    let request = GroupRequest::Pending { address };
    let Reply::Pending(lines) = context.ask(Request::Group(request))? else {
        return Err(unexpected());
    };
    context.show(&lines, |lines| {
        let mut table = Table::new(&["LIST", "NUMBER", "SINCE", "FROM", "SUBJECT"]);
        for line in lines {
            table.row([
                line.list.clone(),
                line.number.to_string(),
                line.since.clone(),
                line.from.join(", "),
                line.subject.clone(),
            ]);
        }
        table.show("nothing waits for a moderator");
    });
    Ok(())
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
