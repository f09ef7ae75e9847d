//! `wachpost demo`: an example organisation with people, groups, mail, calendars and contacts, served on loopback.
//!
//! Everything lies in one folder: configuration, keys, store, and the list of logins, by which a later start knows that the
//! organisation is complete.

mod calendars;

mod cards;

mod corpus;

mod days;

mod entries;

mod generate;

mod letters;

mod mime;

mod people;

use std::fs;
use std::path::{Path, PathBuf};

use admin::{
    AccountRequest, AliasRequest, GroupRequest, ImportedMessage, ListenerInfo, MailRequest,
    Password, Progress, Reply, Request,
};
use model::{SendRight, Timestamp};
use serde::{Deserialize, Serialize};

use crate::clock::wall_clock;
use crate::config::Config;
use crate::init;
use crate::notary::write_secret;
use crate::problem::{Exit, Problem};
use crate::progress::ProgressLine;
use crate::reach::Reach;
use crate::sandbox::Terms;
use crate::serve;
use crate::services::JMAP_PATH;
use crate::show::{self, Table};
use people::{ALIASES, DOMAIN, GROUPS, PEOPLE, SHARED, SHARED_WITH, SHARED_WITH_ONE};

/// Messages in one commit.
const BATCH_MESSAGES: usize = 200;

/// What is wanted.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) folder: &'a Path,
    /// Folders of real messages; mail is made up without.
    pub(crate) mail: Option<&'a Path>,
    pub(crate) port_base: u16,
    /// Only make it.
    pub(crate) no_serve: bool,
}

/// Somebody who can sign in.
#[derive(Debug, Serialize, Deserialize)]
struct Login {
    address: String,
    name: String,
    password: Password,
}

/// Makes the organisation if it is not there yet, and serves it.
pub(crate) fn run(plan: &Plan<'_>) -> Result<(), Problem> {
    let (config_path, logins_path) = (
        plan.folder.join("wachpost.toml"),
        plan.folder.join("logins.json"),
    );
    if !logins_path.exists() {
        if config_path.exists() {
            let message = format!(
                "`{}` holds a demonstration that was interrupted while it was made: delete the folder, then start again",
                plan.folder.display()
            );
            return Err(Problem::new(Exit::AlreadyExists, message));
        }
        let logins = make(plan, &config_path)?;
        let text = serde_json::to_vec_pretty(&logins)
            .map_err(|error| Problem::file("write", &logins_path, &error))?;
        write_secret(&logins_path, &text)
            .map_err(|error| Problem::file("write", &logins_path, &error))?;
    }
    let text =
        fs::read(&logins_path).map_err(|error| Problem::file("read", &logins_path, &error))?;
    let logins: Vec<Login> = serde_json::from_slice(&text)
        .map_err(|error| Problem::file("read", &logins_path, &error))?;
    if plan.no_serve {
        show_logins(&logins);
        return Ok(());
    }
    let config = Config::load(&config_path)?;
    let terms = Terms {
        ports: config.ports_outside(),
        ..Terms::default()
    };
    serve::run(&config, &terms, &|ready| {
        show_listeners(ready.listeners);
        show_logins(&logins);
        let path = config_path.display();
        show::line(&format!(
            "\nTry `wachpost journal anna.amsel@{DOMAIN} --config {path}`, or `verify`. Ctrl-C ends it."
        ));
    })
}

/// Makes everything; the logins of those who can sign in.
fn make(plan: &Plan<'_>, config_path: &Path) -> Result<Vec<Login>, Problem> {
    let [first, ..] = &PEOPLE;
    let administrator = first.address();
    let data = plan.folder.join("store");
    let made = init::run(&init::Plan {
        config: config_path,
        data: &data,
        hostname: "localhost",
        domain: DOMAIN,
        administrator: &administrator,
        loopback_port_base: Some(plan.port_base),
        plaintext_on_loopback: true,
    })?;
    let mut maker = Maker {
        reach: Reach::open(&Config::load(config_path)?)?,
        now: wall_clock().now(),
        line: ProgressLine::new(),
        imported: 0,
        objects: 0,
    };
    let mut logins = maker.add_people(made.password.as_ref())?;
    maker.add_addresses()?;
    maker.add_mail(plan.mail)?;
    maker.add_calendars()?;
    logins.sort_by(|one, other| one.address.cmp(&other.address));
    Ok(logins)
}

struct Maker {
    reach: Reach,
    now: Timestamp,
    line: ProgressLine,
    imported: u64,
    objects: u64,
}

/// The address of a local part.
fn at_home(local: &str) -> String {
    format!("{local}@{DOMAIN}")
}

impl Maker {
    /// `init` made the first as administrator.
    fn add_people(&mut self, first_password: Option<&Password>) -> Result<Vec<Login>, Problem> {
        let mut logins = Vec::new();
        for (at, person) in PEOPLE.iter().enumerate() {
            let (address, name) = (person.address(), person.name.to_owned());
            let password = if at == 0 {
                let rename = AccountRequest::Rename {
                    address: address.clone(),
                    name: name.clone(),
                };
                self.reach.ask(Request::Account(rename))?;
                first_password.cloned()
            } else {
                let add = AccountRequest::AddPerson {
                    address: address.clone(),
                    name: Some(name.clone()),
                    password: None,
                    quota_octets: Some(5 << 30),
                    administrator: false,
                };
                match self.reach.ask(Request::Account(add))? {
                    Reply::Added(added) => added.password,
                    _ => None,
                }
            };
            logins.extend(password.map(|password| Login {
                address,
                name,
                password,
            }));
        }
        Ok(logins)
    }

    fn add_addresses(&mut self) -> Result<(), Problem> {
        let (local, name) = SHARED;
        let shared = AccountRequest::AddShared {
            address: at_home(local),
            name: Some(name.to_owned()),
            quota_octets: None,
        };
        self.reach.ask(Request::Account(shared))?;
        for (local, name, members) in GROUPS {
            let group = GroupRequest::Add {
                address: at_home(local),
                name: Some(name.to_owned()),
                members: members.iter().map(|member| at_home(member)).collect(),
            };
            self.reach.ask(Request::Group(group))?;
        }
        for (alias, of) in ALIASES {
            let alias = AliasRequest::Add {
                alias: at_home(alias),
                address: at_home(of),
            };
            self.reach.ask(Request::Alias(alias))?;
        }
        // Who works in it answers as it.
        for with in [SHARED_WITH, SHARED_WITH_ONE] {
            let share = AccountRequest::Share {
                address: at_home(local),
                with: at_home(with),
                write: Some(true),
            };
            self.reach.ask(Request::Account(share))?;
            let allow = AccountRequest::AllowSend {
                address: at_home(local),
                sender: at_home(with),
                right: Some(SendRight::As),
            };
            self.reach.ask(Request::Account(allow))?;
        }
        Ok(())
    }

    fn add_mail(&mut self, mail: Option<&Path>) -> Result<(), Problem> {
        for (address, path, message) in letters::all(self.now) {
            self.import(&address, &[path], vec![message])?;
        }
        match mail {
            Some(folder) => {
                for batch in corpus::batches(folder)? {
                    let messages = batch.read(self.now);
                    self.import_all(&batch.address, &batch.path, messages)?;
                }
            }
            None => {
                for person in &PEOPLE {
                    for (mailbox, messages) in generate::mail_of(person, self.now) {
                        self.import_all(&person.address(), &[mailbox], messages)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn import_all(
        &mut self,
        address: &str,
        path: &[&str],
        mut messages: Vec<ImportedMessage>,
    ) -> Result<(), Problem> {
        while !messages.is_empty() {
            let rest = messages.split_off(messages.len().min(BATCH_MESSAGES));
            self.import(address, path, std::mem::replace(&mut messages, rest))?;
        }
        Ok(())
    }

    fn import(
        &mut self,
        address: &str,
        path: &[&str],
        messages: Vec<ImportedMessage>,
    ) -> Result<(), Problem> {
        let request = MailRequest::Import {
            address: address.to_owned(),
            path: path.iter().map(|&name| name.to_owned()).collect(),
            messages,
        };
        if let Reply::Count(count) = self.reach.ask(Request::Mail(request))? {
            self.imported += count;
        }
        self.line.show(&Progress {
            what: "messages filed".to_owned(),
            done: self.imported,
            total: 0,
        });
        Ok(())
    }
}

fn show_listeners(listeners: &[ListenerInfo]) {
    show::line("\nThe example organisation Musterstadt is served:\n");
    let mut table = Table::new(&["SERVICE", "ADDRESS"]);
    for listener in listeners {
        table.row([listener.service.clone(), listener.address.clone()]);
    }
    table.show("nowhere");
    let web = |service: &str| {
        listeners
            .iter()
            .find(|listener| listener.service == service)
    };
    for (service, scheme) in [("https", "https"), ("http", "http")] {
        if let Some(listener) = web(service) {
            let address = &listener.address;
            show::line(&format!(
                "Calendars and contacts: {scheme}://{address}/dav/   Files: {scheme}://{address}/dav/files/<login>/"
            ));
            show::line(&format!(
                "Mail, calendars and contacts over JMAP: {scheme}://{address}{JMAP_PATH}"
            ));
        }
    }
    for (service, scheme) in [("administration", "https"), ("administration_http", "http")] {
        if let Some(listener) = web(service) {
            let (address, [first, ..]) = (&listener.address, &PEOPLE);
            let login = first.address();
            show::line(&format!(
                "Administration, as {login}: {scheme}://{address}/"
            ));
        }
    }
    show::line(
        "\nThe certificate is signed by itself; from this machine signing in works without TLS, too.\n",
    );
}

fn show_logins(logins: &[Login]) {
    let mut table = Table::new(&["LOGIN", "NAME", "PASSWORD"]);
    for login in logins {
        table.row([
            login.address.clone(),
            login.name.clone(),
            login.password.expose().to_owned(),
        ]);
    }
    table.show("nobody can sign in");
}

/// The folder of a demonstration by default.
pub(crate) fn default_folder() -> PathBuf {
    PathBuf::from("wachpost-demo")
}
