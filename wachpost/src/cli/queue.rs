//! `wachpost queue`.

use std::str::FromStr;

use admin::{
    QueueCursor, QueueFilter, QueueItemInfo, QueueLine, QueueName, QueueRequest, Reply, Request,
};
use clap::{Args, Subcommand};

use super::context::{Context, unexpected};
use crate::config::size::Size;
use crate::problem::{Exit, Problem};
use crate::show::{self, Table, mark};

/// Messages that are asked for at once.
const PAGE: u32 = 1_000;
/// The reason that stands there if none is given.
const REASON_DEFAULT: &str = "held by an administrator";

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    wachpost queue                                   what waits, oldest first\n  \
    wachpost queue list --to example.net --json      what waits for one domain\n  \
    wachpost queue list --held                       what is held, and why\n  \
    wachpost queue cancel --from anna@example.org    what somebody sent with a stolen password\n\n\
    A message bears the number of its account and its own: `7.12`.")]
pub(crate) struct Queue {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List what waits, oldest first.
    #[command(after_help = "Example:\n  wachpost queue list --to example.net --limit 20")]
    List(List),
    /// Show all about one message, with its header.
    #[command(after_help = "Example:\n  wachpost queue show 7.12")]
    Show {
        /// Which.
        message: Name,
    },
    /// Hold messages until they are released.
    #[command(
        after_help = "Example:\n  wachpost queue hold --from anna@example.org --reason 'password stolen?'"
    )]
    Hold {
        #[command(flatten)]
        which: Which,
        /// Why; for those who look at the queue.
        #[arg(long, default_value = REASON_DEFAULT)]
        reason: String,
    },
    /// Release messages that are held or wait for their time.
    #[command(after_help = "Example:\n  wachpost queue release 7.12 7.13")]
    Release {
        #[command(flatten)]
        which: Which,
    },
    /// Have messages tried at once by the server that runs.
    #[command(
        after_help = "Examples:\n  wachpost queue retry --to example.net\n  wachpost queue retry --all"
    )]
    Retry {
        #[command(flatten)]
        which: Which,
        /// All that waits.
        #[arg(long, conflicts_with_all = ["messages", "from", "to", "held"])]
        all: bool,
    },
    /// Take messages out of the queue; nobody is told.
    #[command(after_help = "Example:\n  wachpost queue cancel 7.12")]
    Cancel {
        #[command(flatten)]
        which: Which,
    },
}

#[derive(Debug, Args)]
struct List {
    /// Only from this sender.
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// Only to this address or domain.
    #[arg(long, value_name = "ADDRESS")]
    to: Option<String>,
    /// Only what is held.
    #[arg(long)]
    held: bool,
    /// At most so many.
    #[arg(long, default_value_t = 1_000)]
    limit: u32,
}

#[derive(Debug, Args)]
struct Which {
    /// These.
    #[arg(value_name = "MESSAGE")]
    messages: Vec<Name>,
    /// All from this sender.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "messages")]
    from: Option<String>,
    /// All to this address or domain.
    #[arg(long, value_name = "ADDRESS", conflicts_with = "messages")]
    to: Option<String>,
    /// All that are held.
    #[arg(long, conflicts_with = "messages")]
    held: bool,
}

/// `7.12`: account and number.
#[derive(Clone, Copy, Debug)]
struct Name(QueueName);

impl FromStr for Name {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('.').and_then(|(account, id)| {
            Some(QueueName {
                account: account.parse().ok()?,
                id: id.parse().ok()?,
            })
        });
        parts
            .map(Self)
            .ok_or("write the number of account and message with a point between, such as `7.12`")
    }
}

impl Queue {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        match self.command.unwrap_or(Command::List(self.list)) {
            Command::List(list) => list.run(context),
            Command::Show { message } => show(message.0, context),
            Command::Hold { which, reason } => {
                which.each(context, "held", |name| QueueRequest::Hold {
                    name,
                    reason: reason.clone(),
                })
            }
            Command::Release { which } => which.each(context, "released", QueueRequest::Release),
            Command::Retry { all: true, .. } => {
                let request = Request::Queue(QueueRequest::Retry(None));
                context.ask_done(
                    request,
                    "all that waits is tried at once, if the server runs",
                )
            }
            Command::Retry { which, .. } => {
                which.each(context, "to be tried at once, if the server runs", |name| {
                    QueueRequest::Retry(Some(name))
                })
            }
            Command::Cancel { which } => which.each(context, "taken out", QueueRequest::Cancel),
        }
    }
}

impl List {
    fn run(self, context: &mut Context) -> Result<(), Problem> {
        let filter = QueueFilter {
            from: self.from,
            to: self.to,
            held: self.held,
        };
        let lines = collect(context, &filter, self.limit)?;
        context.show(&lines, |lines| {
            let mut table = Table::new(&["QUEUE", "SINCE", "SIZE", "FROM", "TO", ""]);
            for line in lines {
                table.row([
                    format!("{}.{}", line.account, line.id),
                    line.accepted_at.clone(),
                    Size(u64::from(line.octets)).to_string(),
                    format!("<{}>", line.from),
                    recipients(line),
                    remarks(line),
                ]);
            }
            table.show("no messages wait to be sent");
        });
        Ok(())
    }
}

/// The messages that fit, page by page.
fn collect(
    context: &mut Context,
    filter: &QueueFilter,
    limit: u32,
) -> Result<Vec<QueueLine>, Problem> {
    let mut lines = Vec::new();
    let mut after: Option<QueueCursor> = None;
    loop {
        let have = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let request = QueueRequest::List {
            after,
            limit: limit.saturating_sub(have).min(PAGE),
            filter: filter.clone(),
        };
        let Reply::Queue(page) = context.ask(Request::Queue(request))? else {
            return Err(unexpected());
        };
        lines.extend(page.lines);
        after = page.next;
        let is_full = u32::try_from(lines.len()).unwrap_or(u32::MAX) >= limit;
        if after.is_none() || is_full {
            return Ok(lines);
        }
    }
}

fn recipients(line: &QueueLine) -> String {
    let named = u32::try_from(line.to.len()).unwrap_or(u32::MAX);
    let mut text = line.to.join(", ");
    if line.open > named {
        text.push_str(&format!(" and {} more", line.open - named));
    }
    text
}

fn remarks(line: &QueueLine) -> String {
    let held = line.hold.as_ref().map(|reason| format!("held: {reason}"));
    let later = line
        .release_at
        .as_ref()
        .map(|at| format!("not before {at}"));
    let told = mark(line.delay_told, "sender was told of the delay");
    let all = [
        held,
        later,
        line.last.clone(),
        Some(told).filter(|told| !told.is_empty()),
    ];
    all.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

fn show(name: QueueName, context: &mut Context) -> Result<(), Problem> {
    let request = Request::Queue(QueueRequest::Show(name));
    let Reply::QueueItem(item) = context.ask(request)? else {
        return Err(unexpected());
    };
    context.show(&item, text);
    Ok(())
}

fn text(item: &QueueItemInfo) {
    let line = &item.line;
    show::line(&format!(
        "{}.{}  since {}  {}",
        line.account,
        line.id,
        line.accepted_at,
        Size(u64::from(line.octets))
    ));
    show::line(&format!("from <{}>", line.from));
    for recipient in &item.recipients {
        let state = if recipient.settled { "done" } else { "waits" };
        show::line(&format!("to   <{}>  {state}", recipient.address));
    }
    let remarks = remarks(line);
    if !remarks.is_empty() {
        show::line(&remarks);
    }
    if item.require_tls {
        show::line("over verified TLS only");
    }
    show::line("");
    for field in item.header.lines() {
        // Nothing in a stranger's header may steer the terminal.
        let harmless: String = field.chars().filter(|it| !it.is_control()).collect();
        show::line(&harmless);
    }
}

impl Which {
    /// Asks for each of them.
    fn each(
        self,
        context: &mut Context,
        done: &str,
        request: impl Fn(QueueName) -> QueueRequest,
    ) -> Result<(), Problem> {
        let is_filtered = self.from.is_some() || self.to.is_some() || self.held;
        if self.messages.is_empty() && !is_filtered {
            return Err(Problem::failed(
                "say which messages: by number such as `7.12`, or with `--from`, `--to` or `--held`",
            ));
        }
        let names: Vec<QueueName> = if is_filtered {
            let filter = QueueFilter {
                from: self.from,
                to: self.to,
                held: self.held,
            };
            let lines = collect(context, &filter, u32::MAX)?;
            lines
                .iter()
                .map(|line| QueueName {
                    account: line.account,
                    id: line.id,
                })
                .collect()
        } else {
            self.messages.iter().map(|name| name.0).collect()
        };
        let mut count = 0_usize;
        for name in names {
            match context.ask(Request::Queue(request(name))) {
                Ok(Reply::Done) => count += 1,
                Ok(_) => return Err(unexpected()),
                // Of many, some are sent meanwhile.
                Err(problem) if is_filtered && problem.exit == Exit::NotFound => {}
                Err(problem) => return Err(problem),
            }
        }
        context.say_done(&format!("{count} messages {done}"));
        Ok(())
    }
}
