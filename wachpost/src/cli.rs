//! The command line: what there is to say, and which code it leads to.

mod account;
mod address_book;
mod alias;
mod app_password;
mod authcheck;
mod backup;
mod calendar;
mod collection;
mod context;
mod demo;
mod dkim;
mod dns;
mod doctor;
mod domain;
mod export;
mod group;
mod import;
mod init;
mod journal;
mod mail;
mod posture;
mod proof;
mod queue;
mod report;
mod room;
mod server;
mod sieve;
mod vacation;
mod verify;
mod version;
mod witness;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::problem::Problem;
use crate::show::Form;
use context::Context;

const CONFIG_DEFAULT: &str = "/etc/wachpost/wachpost.toml";

/// Mail, calendars and contacts for an organisation, on a sealed journal.
#[derive(Debug, Parser)]
#[command(
    version,
    propagate_version = false,
    disable_help_subcommand = true,
    after_help = "Examples:\n  \
        wachpost init --domain example.org        make configuration, keys, domain, administrator\n  \
        wachpost serve                            run the server\n  \
        wachpost account add anna@example.org     add a person\n  \
        wachpost journal anna@example.org         what was done to her mail, by whom, from where\n\n\
        Commands work whether the server runs or not.\n\
        Exit codes: 0 done, 1 failed, 2 wrong command line, 3 verify found something, 4 not there, 5 exists already,\n\
        75 not possible at the moment, 78 wrong configuration."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every command knows.
#[derive(Debug, Args)]
struct Global {
    /// The configuration file.
    #[arg(long, global = true, value_name = "FILE", default_value = CONFIG_DEFAULT)]
    config: PathBuf,
    /// Answer in JSON, for programs.
    #[arg(long, global = true)]
    json: bool,
}

/// The few commands whose processes stay. Describing all others to the parser takes most of a megabyte, which a process that
/// stays would keep; so these are looked for first, by themselves.
#[derive(Debug, Parser)]
#[command(disable_help_flag = true, disable_help_subcommand = true)]
pub(crate) struct Staying {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: StayingCommand,
}

#[derive(Debug, Subcommand)]
enum StayingCommand {
    Serve(server::Serve),
    Egress(server::Beside),
    Notary(server::Beside),
    Starter(server::Beside),
}

impl Staying {
    /// What the command line says, if it is one of these without a mistake; [`Arguments`] knows what to say otherwise.
    pub(crate) fn asked() -> Option<Self> {
        Self::try_parse().ok()
    }

    /// Does what the command line says.
    pub(crate) fn run(self) -> Result<ExitCode, Problem> {
        match self.command {
            StayingCommand::Serve(serve) => {
                let form = Form::of(self.global.json);
                serve.run(&mut Context::new(self.global.config, form))?;
            }
            StayingCommand::Egress(beside) => beside.run_egress()?,
            StayingCommand::Notary(beside) => beside.run_notary()?,
            StayingCommand::Starter(beside) => beside.run_starter()?,
        }
        Ok(ExitCode::SUCCESS)
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a configuration with keys, the first domain and its administrator.
    Init(init::Init),
    /// What `serve` starts to connect to the outside; not for people.
    #[command(hide = true)]
    Egress(server::Beside),
    /// What `serve` starts to sign the journal; not for people.
    #[command(hide = true)]
    Notary(server::Beside),
    /// What `serve` starts to start the two others; not for people.
    #[command(hide = true)]
    Starter(server::Beside),
    /// Locks itself in as a process of the server does, and tries what an intruder would; not for people.
    #[command(hide = true)]
    Probe(posture::Probe),
    /// Show how the processes of the server are locked in on this machine.
    Posture(posture::Posture),
    /// Run the server in the foreground until SIGTERM or SIGINT; SIGHUP reads certificates again.
    Serve(server::Serve),
    /// Make an example organisation with people, mail, calendars and contacts, and serve it on this machine.
    Demo(demo::Demo),
    /// Show how the server is and where it listens.
    Status(server::Status),
    /// Look how a domain stands in the world: what is published, what is missing, what to do, and what programs need to know.
    Doctor(doctor::Doctor),
    /// Print every DNS record that a domain should have.
    Dns(dns::Dns),
    /// Domains whose mail is delivered here.
    #[command(subcommand)]
    Domain(domain::Domain),
    /// Keys that sign what leaves (DKIM).
    #[command(subcommand)]
    Dkim(dkim::Dkim),
    /// Persons and shared accounts.
    #[command(subcommand)]
    Account(Box<account::Account>),
    /// Groups: mail to one goes to each of its members.
    #[command(subcommand)]
    Group(group::Group),
    /// Further addresses of accounts and groups.
    #[command(subcommand)]
    Alias(alias::Alias),
    /// Passwords for single programs, limited to protocols.
    #[command(subcommand)]
    AppPassword(app_password::AppPassword),
    /// List an account's mailboxes.
    Mailboxes(mail::Mailboxes),
    /// Calendars: who has which, and who else sees them.
    #[command(subcommand)]
    Calendar(calendar::Calendar),
    /// Address books: who has which, and who else sees them.
    #[command(subcommand, name = "addressbook")]
    AddressBook(address_book::AddressBook),
    /// Rooms and equipment, which answer invitations by themselves.
    #[command(subcommand)]
    Room(room::Room),
    /// Filter scripts: what happens to mail that arrives.
    #[command(subcommand)]
    Sieve(sieve::Sieve),
    /// Answers while somebody is away.
    #[command(subcommand)]
    Vacation(Box<vacation::Vacation>),
    /// Bring mail, calendars or contacts into an account.
    #[command(subcommand)]
    Import(import::Import),
    /// Write an account's mail, calendars or contacts to files.
    #[command(subcommand)]
    Export(export::Export),
    /// List destroyed messages that can be restored, or restore them.
    Restore(mail::Restore),
    /// Show who did what to an account, when, through which door, from where.
    Journal(Box<journal::Journal>),
    /// Mail that waits to be sent: list, hold, release, retry, cancel.
    Queue(queue::Queue),
    /// Print the last signed checkpoint of the journal.
    Checkpoint(server::Checkpoint),
    /// Prove to somebody outside that an entry is in the journal, or check such a proof.
    Proof(Box<proof::Proof>),
    /// Those who witness our history, and whom we witness.
    #[command(subcommand)]
    Witness(witness::Witness),
    /// Check that everything stored is what the sealed journal says.
    Verify(verify::Verify),
    /// Say what SPF, DKIM, DMARC and ARC say about one message, as JSON.
    Authcheck(authcheck::Authcheck),
    /// Show a DMARC or TLS report that came.
    Report(report::Report),
    /// Copy what is new to a backup folder; also while the server runs.
    Backup(backup::Backup),
    /// Make the data folder from a backup, up to a point in time.
    RestoreFrom(backup::RestoreFrom),
    /// Make the search index anew.
    Reindex(server::Reindex),
}

impl Arguments {
    /// Does what the command line says.
    pub(crate) fn run(self) -> Result<ExitCode, Problem> {
        let form = Form::of(self.global.json);
        let mut context = Context::new(self.global.config, form);
        let context = &mut context;
        match self.command {
            Command::Init(init) => init.run(context)?,
            Command::Egress(beside) => beside.run_egress()?,
            Command::Notary(beside) => beside.run_notary()?,
            Command::Starter(beside) => beside.run_starter()?,
            Command::Probe(probe) => return probe.run(context),
            Command::Posture(posture) => return posture.run(context),
            Command::Serve(serve) => serve.run(context)?,
            Command::Demo(demo) => demo.run()?,
            Command::Status(status) => status.run(context)?,
            Command::Domain(domain) => domain.run(context)?,
            Command::Dkim(dkim) => dkim.run(context)?,
            Command::Account(account) => account.run(context)?,
            Command::Group(group) => group.run(context)?,
            Command::Alias(alias) => alias.run(context)?,
            Command::AppPassword(app_password) => app_password.run(context)?,
            Command::Mailboxes(mailboxes) => mailboxes.run(context)?,
            Command::Doctor(doctor) => doctor.run(context)?,
            Command::Dns(dns) => dns.run(context)?,
            Command::Calendar(calendar) => calendar.run(context)?,
            Command::AddressBook(address_book) => address_book.run(context)?,
            Command::Room(room) => room.run(context)?,
            Command::Sieve(sieve) => sieve.run(context)?,
            Command::Vacation(vacation) => vacation.run(context)?,
            Command::Import(import) => import.run(context)?,
            Command::Export(export) => export.run(context)?,
            Command::Restore(restore) => restore.run(context)?,
            Command::Journal(journal) => journal.run(context)?,
            Command::Queue(queue) => queue.run(context)?,
            Command::Checkpoint(checkpoint) => checkpoint.run(context)?,
            Command::Proof(proof) => return proof.run(context),
            Command::Witness(witness) => witness.run(context)?,
            Command::Verify(verify) => return verify.run(context),
            Command::Authcheck(authcheck) => authcheck.run()?,
            Command::Report(report) => report.run(context)?,
            Command::Backup(backup) => backup.run(context)?,
            Command::RestoreFrom(restore) => restore.run(context)?,
            Command::Reindex(reindex) => reindex.run(context)?,
        }
        Ok(ExitCode::SUCCESS)
    }
}
