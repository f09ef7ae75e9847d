//! `wachpost vacation`.

use std::fs;
use std::path::{Path, PathBuf};

use admin::{Reply, Request, VacationRequest};
use clap::Subcommand;
use model::Timestamp;

use super::context::{Context, parse_moment, unexpected};
use crate::problem::Problem;
use crate::show;

#[derive(Debug, Subcommand)]
pub(crate) enum Vacation {
    /// Answer mail while somebody is away; each sender is told once a week.
    #[command(after_help = "Examples:\n  \
        wachpost vacation set anna@example.org --text 'Back on 9 December; Ben helps you.' --until 2026-12-09\n  \
        wachpost vacation set anna@example.org --text-file inside.txt --outside-file outside.txt\n  \
        wachpost vacation set anna@example.org --text 'At home today.' --only-inside")]
    Set(Set),
    /// Show what people are told.
    #[command(after_help = "Example:\n  wachpost vacation show anna@example.org")]
    Show {
        /// Whose.
        address: String,
    },
    /// Answer no more; the texts stay.
    #[command(after_help = "Example:\n  wachpost vacation off anna@example.org")]
    Off {
        /// Whose.
        address: String,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct Set {
    /// Whose.
    address: String,
    /// What people are told.
    #[arg(
        long,
        required_unless_present = "text_file",
        conflicts_with = "text_file"
    )]
    text: Option<String>,
    /// A file with that.
    #[arg(long, value_name = "FILE")]
    text_file: Option<PathBuf>,
    /// What people outside are told, if it is something else.
    #[arg(long, conflicts_with = "outside_file")]
    outside: Option<String>,
    /// A file with that.
    #[arg(long, value_name = "FILE")]
    outside_file: Option<PathBuf>,
    /// Do not answer people outside.
    #[arg(long, conflicts_with_all = ["outside", "outside_file"])]
    only_inside: bool,
    /// The subject; by default that of the mail which is answered.
    #[arg(long)]
    subject: Option<String>,
    /// From when on; at once by default.
    #[arg(long, value_name = "MOMENT", value_parser = parse_moment)]
    from: Option<Timestamp>,
    /// Until when; until `off` by default.
    #[arg(long, value_name = "MOMENT", value_parser = parse_moment)]
    until: Option<Timestamp>,
}

impl Vacation {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        match self {
            Self::Set(set) => set.run(context),
            Self::Show { address } => show(address, context),
            Self::Off { address } => {
                let done = format!("mail to `{address}` is not answered any more");
                context.ask_done(Request::Vacation(VacationRequest::Off { address }), &done)
            }
        }
    }
}

impl Set {
    fn run(self, context: &mut Context) -> Result<(), Problem> {
        let text = either(self.text, self.text_file.as_deref())?;
        let done = format!("mail to `{}` is answered", self.address);
        let request = VacationRequest::Set {
            address: self.address,
            from: self.from,
            until: self.until,
            subject: self.subject,
            text: text.unwrap_or_default(),
            outside: either(self.outside, self.outside_file.as_deref())?,
            only_inside: self.only_inside,
        };
        context.ask_done(Request::Vacation(request), &done)
    }
}

/// A text as it was given, or that of a file.
fn either(text: Option<String>, file: Option<&Path>) -> Result<Option<String>, Problem> {
    let Some(file) = file else {
        return Ok(text);
    };
    let unreadable = |error| Problem::failed(format!("cannot read `{}`: {error}", file.display()));
    fs::read_to_string(file).map(Some).map_err(unreadable)
}

fn show(address: String, context: &mut Context) -> Result<(), Problem> {
    let Reply::Vacation(info) =
        context.ask(Request::Vacation(VacationRequest::Show { address }))?
    else {
        return Err(unexpected());
    };
    context.show(&info, |info| {
        let state = if info.enabled { "on" } else { "off" };
        show::line(&format!("answers:  {state}"));
        if let Some(from) = &info.from {
            show::line(&format!("from:     {from}"));
        }
        if let Some(until) = &info.until {
            show::line(&format!("until:    {until}"));
        }
        if let Some(subject) = &info.subject {
            show::line(&format!("subject:  {subject}"));
        }
        show::line(&format!("text:\n{}", info.text.trim_end()));
        match &info.outside {
            Some(outside) => show::line(&format!("outside:\n{}", outside.trim_end())),
            None if info.only_inside => show::line("outside:  no answer"),
            None => {}
        }
    });
    Ok(())
}
