//! `wachpost room`.

use admin::{Reply, Request, ResourceRequest};
use clap::Subcommand;

use super::account::all_pages;
use super::context::{Context, unexpected};
use crate::problem::Problem;
use crate::show::{self, Table, mark};

#[derive(Debug, Subcommand)]
pub(crate) enum Room {
    /// Add a room, or equipment such as a car or a projector.
    #[command(after_help = "Examples:\n  \
        wachpost room add raum204@example.org --name 'Raum 204' --capacity 12\n  \
        wachpost room add dienstwagen@example.org --name 'Dienstwagen' --equipment\n\n\
        It answers invitations by itself: the first one to ask gets it, and it is never booked twice.")]
    Add {
        /// The address that is invited.
        address: String,
        /// The name people read; what stands before the `@` by default.
        #[arg(long)]
        name: Option<String>,
        /// How many people it holds.
        #[arg(long, conflicts_with = "equipment")]
        capacity: Option<u32>,
        /// It is no room.
        #[arg(long)]
        equipment: bool,
    },
    /// List rooms and equipment.
    #[command(after_help = "Example:\n  wachpost room list --json")]
    List,
    /// Remove a room or equipment; what was done to it stays in the journal.
    #[command(after_help = "Example:\n  wachpost room remove raum204@example.org")]
    Remove {
        /// Which.
        address: String,
    },
}

impl Room {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        match self {
            Self::Add {
                address,
                name,
                capacity,
                equipment,
            } => {
                let request = if equipment {
                    ResourceRequest::AddEquipment { address, name }
                } else {
                    ResourceRequest::AddRoom {
                        address,
                        name,
                        capacity,
                    }
                };
                add(request, context)
            }
            Self::List => list(context),
            Self::Remove { address } => {
                let done = format!("`{address}` is removed");
                let request = ResourceRequest::Remove { address };
                context.ask_done(Request::Resource(request), &done)
            }
        }
    }
}

fn add(request: ResourceRequest, context: &mut Context) -> Result<(), Problem> {
    let Reply::Added(added) = context.ask(Request::Resource(request))? else {
        return Err(unexpected());
    };
    context.show(&added, |added| {
        show::line(&format!("added `{}` (#{})", added.address, added.id));
    });
    Ok(())
}

fn list(context: &mut Context) -> Result<(), Problem> {
    let rooms = all_pages(context, |after| {
        Request::Resource(ResourceRequest::List { after })
    })?;
    context.show(&rooms, |rooms| {
        let mut table = Table::new(&["ADDRESS", "NAME", "KIND", "HOLDS", ""]);
        for room in rooms {
            let people = room.capacity.map(|people| format!("{people} people"));
            table.row([
                room.address.clone(),
                room.name.clone(),
                room.kind.clone(),
                people.unwrap_or_default(),
                mark(!room.enabled, "disabled"),
            ]);
        }
        table.show("no rooms: add one with `wachpost room add`");
    });
    Ok(())
}
