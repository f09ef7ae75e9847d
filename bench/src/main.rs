//! Wachpost's own benchmarks, run by `cargo xtask bench`.
//!
//! Servers are driven over loopback side by side in turns, and the engine beside a bare log on the same disk in the
//! same minute: ratios and shares hold, absolute rates do not.

mod corpus;

mod meter;

mod processes;

mod smtp;

mod sink;

mod name_server;

mod imap;

mod http;

mod server;

mod report;

mod workload;

mod engine;

mod scout_assess;

mod census;

use std::io::Write;

use anyhow::Result;
use clap::{Parser, Subcommand};

use report::Report;
use workload::{Common, calendar, delivery, idle, jmap, mailbox, queue, reception, relay, sieve};

/// As the server has it: what is measured in this process is to cost what it costs there.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures Wachpost, side by side with what else is installed.
#[derive(Debug, Parser)]
#[command(after_help = "\
Examples:
  cargo xtask bench                                       everything, in the sizes that the goals are for
  cargo xtask bench -- --quick                            everything, small
  cargo xtask bench -- imap --mailbox 10000 --rounds 1    one workload in another size
  cargo xtask bench -- delivery --server wachpost,dovecot:sdbox --json")]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    what: Option<What>,
}

#[derive(Debug, Subcommand)]
#[expect(
    clippy::large_enum_variant,
    reason = "there is one, from the command line"
)]
enum What {
    /// Deliveries by LMTP: rate, CPU, octets on disk.
    Delivery(delivery::Size),
    /// A large mailbox over IMAP: selecting, fetching, storing, searching, appending.
    Imap(mailbox::Size),
    /// A calendar over CalDAV: putting, asking, synchronising, free/busy, a room that all want.
    Calendar(calendar::Size),
    /// A large mailbox over JMAP: the newest, a search, changes, and how soon those who listen hear of them.
    Jmap(jmap::Size),
    /// Messages in by SMTP, out to a next server, signed: rate, CPU.
    Relay(relay::Size),
    /// A long queue: memory, and what new mail suffers.
    Queue(queue::Size),
    /// Mail from strangers: CPU of SPF, DKIM and DMARC.
    Reception(reception::Size),
    /// A Sieve script: CPU on its own and at deliveries.
    Sieve(sieve::Size),
    /// Start, memory with nothing to do and with connections that wait.
    Idle(idle::Size),
    /// Durable commits of 8 KB messages by many writers, beside a bare append+fdatasync of the same octets.
    Engine(engine::Size),
    /// What journal and seal cost in throughput: the engine with and without them, in turns.
    Seal(engine::seal::Size),
    /// Verifying a journal of a million entries: chain and tree, everything, what is new.
    Verify(engine::verify::Size),
    /// Logs of an Exchange server, read by `scout assess`, beside ripgrep and yara.
    Scout(scout_assess::Size),
    /// Sightings of mail servers, imported and counted by `scout census`.
    Census(census::Size),
    /// All of these; so it is without any of these words, too.
    All {
        #[command(flatten)]
        delivery: delivery::Size,
        #[command(flatten)]
        mailbox: mailbox::Size,
        #[command(flatten)]
        calendar: calendar::Size,
        #[command(flatten)]
        jmap: jmap::Size,
        #[command(flatten)]
        relay: relay::Size,
        #[command(flatten)]
        queue: queue::Size,
        #[command(flatten)]
        reception: reception::Size,
        #[command(flatten)]
        sieve: sieve::Size,
        #[command(flatten)]
        idle: idle::Size,
        #[command(flatten)]
        engine: engine::Size,
        #[command(flatten)]
        seal: engine::seal::Size,
        #[command(flatten)]
        verify: engine::verify::Size,
        #[command(flatten)]
        scout: scout_assess::Size,
        #[command(flatten)]
        census: census::Size,
    },
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let common = arguments.common.settled();
    let what = match arguments.what {
        Some(what) => what,
        None => Arguments::try_parse_from(["bench", "all"])?
            .what
            .expect("`all` is one of the words"),
    };
    let reports = match what {
        What::Delivery(size) => vec![deliver(size, &common)?],
        What::Imap(size) => vec![ask(size, &common)?],
        What::Calendar(size) => vec![keep(size, &common)?],
        What::Jmap(size) => vec![ask_by_jmap(size, &common)?],
        What::Relay(size) => vec![send_on(size, &common)?],
        What::Queue(size) => vec![pile_up(size, &common)?],
        What::Reception(size) => vec![judge(size, &common)?],
        What::Sieve(size) => vec![sort(size, &common)?],
        What::Idle(size) => vec![wait(&size, &common)?],
        What::Engine(size) => vec![engine::run(&size, &common)?],
        What::Seal(size) => vec![engine::seal::run(&size, &common)?],
        What::Verify(size) => vec![engine::verify::run(&size, &common)?],
        What::Scout(size) => vec![scout_assess::run(&size, &common)?],
        What::Census(size) => vec![census::run(&size, &common)?],
        What::All {
            delivery,
            mailbox,
            calendar,
            jmap,
            relay,
            queue,
            reception,
            sieve,
            idle,
            engine,
            seal,
            verify,
            scout,
            census,
        } => vec![
            engine::run(&engine, &common)?,
            engine::seal::run(&seal, &common)?,
            engine::verify::run(&verify, &common)?,
            deliver(delivery, &common)?,
            ask(mailbox, &common)?,
            keep(calendar, &common)?,
            ask_by_jmap(jmap, &common)?,
            send_on(relay, &common)?,
            pile_up(queue, &common)?,
            judge(reception, &common)?,
            sort(sieve, &common)?,
            wait(&idle, &common)?,
            scout_assess::run(&scout, &common)?,
            census::run(&census, &common)?,
        ],
    };
    show(&reports, common.json)
}

fn deliver(size: delivery::Size, common: &Common) -> Result<Report> {
    workload::run(&delivery::Delivery::new(size, common.quick), common)
}

fn ask(size: mailbox::Size, common: &Common) -> Result<Report> {
    workload::run(&mailbox::Mailbox::new(size, common.quick), common)
}

fn keep(size: calendar::Size, common: &Common) -> Result<Report> {
    workload::run(&calendar::Calendar::new(size, common.quick), common)
}

fn ask_by_jmap(size: jmap::Size, common: &Common) -> Result<Report> {
    workload::run(&jmap::Jmap::new(size, common.quick), common)
}

fn send_on(size: relay::Size, common: &Common) -> Result<Report> {
    workload::run(&relay::Relay::new(size, common.quick), common)
}

fn pile_up(size: queue::Size, common: &Common) -> Result<Report> {
    workload::run(&queue::Queue::new(size, common.quick), common)
}

fn judge(size: reception::Size, common: &Common) -> Result<Report> {
    workload::run(&reception::Reception::new(size, common.quick)?, common)
}

fn sort(size: sieve::Size, common: &Common) -> Result<Report> {
    workload::run(&sieve::Sieve::new(size, common.quick), common)
}

fn wait(size: &idle::Size, common: &Common) -> Result<Report> {
    workload::run(&idle::Idle::new(size, common.quick), common)
}

fn show(reports: &[Report], json: bool) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if json {
        let reports: Vec<_> = reports.iter().map(Report::json).collect();
        serde_json::to_writer_pretty(&mut out, &reports)?;
        writeln!(out)?;
    } else {
        for report in reports {
            out.write_all(report.table().as_bytes())?;
        }
    }
    Ok(())
}
