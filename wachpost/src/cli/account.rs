//! `wachpost account`.

mod credentials;

use admin::{AccountInfo, AccountRequest, PrincipalPage, Reply, Request};
use clap::{Args, Subcommand};
use model::SendRight;

use credentials::{SecondFactor, Sessions};

use super::context::{Context, password_from_stdin, unexpected};
use crate::config::size::Size;
use crate::problem::Problem;
use crate::show::{self, Table, mark};

#[derive(Debug, Subcommand)]
pub(crate) enum Account {
    /// Add a person, or a shared account that nobody signs in to.
    #[command(after_help = "Examples:\n  \
        wachpost account add anna@example.org --name 'Anna Amsel' --quota 5GiB\n  \
        printf 'correct horse battery' | wachpost account add ben@example.org --password-stdin\n  \
        wachpost account add info@example.org --shared\n\n\
        Without --password-stdin a password is made and shown once.")]
    Add(Add),
    /// Remove an account; what was done to it stays in the journal.
    #[command(after_help = "Example:\n  wachpost account remove anna@example.org")]
    Remove {
        /// Which.
        address: String,
    },
    /// List persons, shared accounts, rooms and equipment.
    #[command(after_help = "Example:\n  wachpost account list --json")]
    List,
    /// Show one account or group.
    #[command(after_help = "Example:\n  wachpost account show anna@example.org")]
    Show {
        /// Which.
        address: String,
    },
    /// Set a password.
    #[command(after_help = "Examples:\n  \
        wachpost account password anna@example.org                    one is made and shown once\n  \
        wachpost account password anna@example.org --password-stdin < file")]
    Password {
        /// Whose.
        address: String,
        /// Read it from the first line of standard input instead of making one.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List or end what is signed in for a person: browsers, and programs with tokens.
    #[command(after_help = "Examples:\n  \
        wachpost account sessions anna@example.org\n  \
        wachpost account sessions anna@example.org --end 17\n  \
        wachpost account sessions anna@example.org --end-all\n\n\
        What was ended is good for nothing at once. App passwords are listed by `wachpost app-password list`.")]
    Sessions(Sessions),
    /// List a person's second factors, or take them away from whoever has lost them.
    #[command(after_help = "Examples:\n  \
        wachpost account second-factor anna@example.org\n  \
        wachpost account second-factor anna@example.org --remove 12\n  \
        wachpost account second-factor anna@example.org --reset")]
    SecondFactor(SecondFactor),
    /// Stop an account from signing in and receiving; its open sessions end.
    #[command(after_help = "Example:\n  wachpost account disable anna@example.org")]
    Disable {
        /// Which.
        address: String,
    },
    /// Let an account sign in and receive again.
    #[command(after_help = "Example:\n  wachpost account enable anna@example.org")]
    Enable {
        /// Which.
        address: String,
    },
    /// Say how much an account may hold.
    #[command(after_help = "Examples:\n  \
        wachpost account quota anna@example.org 5GiB\n  \
        wachpost account quota anna@example.org none")]
    Quota {
        /// Which.
        address: String,
        /// A size such as `5GiB`, or `none`.
        #[arg(value_parser = parse_quota)]
        quota: Quota,
    },
    /// Change the name that people read.
    #[command(
        after_help = "Example:\n  wachpost account rename anna@example.org 'Anna Amsel-Berg'"
    )]
    Rename {
        /// Which.
        address: String,
        /// The name.
        name: String,
    },
    /// Make a person an administrator, or no more.
    #[command(after_help = "Examples:\n  \
        wachpost account administrator anna@example.org\n  \
        wachpost account administrator anna@example.org --revoke")]
    Administrator {
        /// Who.
        address: String,
        /// Take it away.
        #[arg(long)]
        revoke: bool,
    },
    /// Let a person or group into all mailboxes of a shared account.
    #[command(after_help = "Examples:\n  \
        wachpost account share info@example.org anna@example.org            read and write\n  \
        wachpost account share info@example.org team@example.org --read-only\n  \
        wachpost account share info@example.org ben@example.org --revoke")]
    Share {
        /// The shared account.
        address: String,
        /// Person or group.
        with: String,
        /// They may only read.
        #[arg(long, conflicts_with = "revoke")]
        read_only: bool,
        /// Take all rights away.
        #[arg(long)]
        revoke: bool,
    },
    /// Let a person or group write in an account's or group's name.
    #[command(after_help = "Examples:\n  \
        wachpost account allow-send info@example.org --as anna@example.org          readers see only info@\n  \
        wachpost account allow-send boss@example.org --on-behalf ben@example.org    readers see ben@, too\n  \
        wachpost account allow-send info@example.org --revoke anna@example.org\n\n\
        `account show` lists who may. Until it is first said for a shared account or a group, those who may put mail\n\
        into the account's inbox, and the group's members, write as it.")]
    AllowSend {
        /// In whose name.
        address: String,
        /// Who writes as it.
        #[arg(long = "as", value_name = "PERSON")]
        as_it: Option<String>,
        /// Who writes on its behalf, and is named as the sender.
        #[arg(long, value_name = "PERSON", conflicts_with = "as_it")]
        on_behalf: Option<String>,
        /// Who writes in its name no more.
        #[arg(long, value_name = "PERSON", conflicts_with_all = ["as_it", "on_behalf"], required_unless_present_any = ["as_it", "on_behalf"])]
        revoke: Option<String>,
    },
    /// Have all mail of an account go on to other addresses.
    #[command(after_help = "Examples:\n  \
        wachpost account forward anna@example.org --to anna@example.net --keep\n  \
        wachpost account forward info@example.org --to anna@example.org --to ben@example.org\n  \
        wachpost account forward anna@example.org --off")]
    Forward {
        /// Which.
        address: String,
        /// To where; can be given several times.
        #[arg(long, value_name = "ADDRESS", required_unless_present = "off")]
        to: Vec<String>,
        /// It is delivered here all the same.
        #[arg(long)]
        keep: bool,
        /// It goes on to nowhere any more.
        #[arg(long, conflicts_with_all = ["to", "keep"])]
        off: bool,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Add {
    /// The main address; also the name to sign in with.
    address: String,
    /// The name people read; what stands before the `@` by default.
    #[arg(long)]
    name: Option<String>,
    /// How much it may hold, such as `5GiB`.
    #[arg(long)]
    quota: Option<Size>,
    /// Nobody signs in to it: others are let in with `wachpost account share`.
    #[arg(long, conflicts_with_all = ["administrator", "password_stdin"])]
    shared: bool,
    /// The person administers the server.
    #[arg(long)]
    administrator: bool,
    /// Read the password from the first line of standard input instead of making one.
    #[arg(long)]
    password_stdin: bool,
}

/// Octets, or none for no limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota(Option<u64>);

fn parse_quota(text: &str) -> Result<Quota, String> {
    match text {
        "none" => Ok(Quota(None)),
        size => size.parse().map(|Size(octets)| Quota(Some(octets))),
    }
}

impl Account {
    pub(crate) fn run(self, context: &mut Context) -> Result<(), Problem> {
        let (request, done) = match self {
            Self::Add(add) => return add.run(context),
            Self::List => return list(context),
            Self::Show { address } => return show_one(address, context),
            Self::Password {
                address,
                password_stdin,
            } => return set_password(address, password_stdin, context),
            Self::Sessions(sessions) => return sessions.run(context),
            Self::SecondFactor(factor) => return factor.run(context),
            Self::Remove { address } => {
                let done = format!("`{address}` is removed");
                (AccountRequest::Remove { address }, done)
            }
            Self::Disable { address } => set_enabled(address, false),
            Self::Enable { address } => set_enabled(address, true),
            Self::Quota { address, quota } => {
                let done = match quota.0 {
                    Some(octets) => format!("`{address}` may hold {}", Size(octets)),
                    None => format!("`{address}` may hold as much as there is room for"),
                };
                let quota_octets = quota.0;
                (
                    AccountRequest::SetQuota {
                        address,
                        quota_octets,
                    },
                    done,
                )
            }
            Self::Rename { address, name } => {
                let done = format!("`{address}` is called {name}");
                (AccountRequest::Rename { address, name }, done)
            }
            Self::Administrator { address, revoke } => {
                let is = if revoke {
                    "is no administrator any more"
                } else {
                    "is an administrator"
                };
                let done = format!("`{address}` {is}");
                let administrator = !revoke;
                (
                    AccountRequest::SetAdministrator {
                        address,
                        administrator,
                    },
                    done,
                )
            }
            Self::Share {
                address,
                with,
                read_only,
                revoke,
            } => {
                let write = (!revoke).then_some(!read_only);
                let done = match write {
                    Some(_) => format!("`{with}` sees the mailboxes of `{address}`"),
                    None => format!("`{with}` does not see the mailboxes of `{address}` any more"),
                };
                (
                    AccountRequest::Share {
                        address,
                        with,
                        write,
                    },
                    done,
                )
            }
            Self::AllowSend {
                address,
                as_it,
                on_behalf,
                revoke,
            } => allow_send(address, (as_it, on_behalf, revoke)),
            Self::Forward {
                address, to, keep, ..
            } => {
                let done = match to.is_empty() {
                    true => format!("mail of `{address}` goes on to nowhere"),
                    false => format!("mail of `{address}` goes on to {}", to.join(", ")),
                };
                (AccountRequest::Forward { address, to, keep }, done)
            }
        };
        context.ask_done(Request::Account(request), &done)
    }
}

/// `--as`, `--on-behalf`, or `--revoke`.
type AllowedSender = (Option<String>, Option<String>, Option<String>);

fn allow_send(
    address: String,
    (as_it, on_behalf, revoke): AllowedSender,
) -> (AccountRequest, String) {
    let (sender, right, done) = match (as_it, on_behalf) {
        (Some(who), _) => {
            let done = format!("`{who}` writes as `{address}`");
            (who, Some(SendRight::As), done)
        }
        (None, Some(who)) => {
            let done = format!("`{who}` writes on behalf of `{address}`");
            (who, Some(SendRight::OnBehalf), done)
        }
        (None, None) => {
            let who = revoke.unwrap_or_default();
            let done = format!("`{who}` does not write in the name of `{address}`");
            (who, None, done)
        }
    };
    let request = AccountRequest::AllowSend {
        address,
        sender,
        right,
    };
    (request, done)
}

fn set_enabled(address: String, enabled: bool) -> (AccountRequest, String) {
    let is = if enabled { "enabled" } else { "disabled" };
    let done = format!("`{address}` is {is}");
    (AccountRequest::SetEnabled { address, enabled }, done)
}

impl Add {
    fn run(self, context: &mut Context) -> Result<(), Problem> {
        let quota_octets = self.quota.map(|Size(octets)| octets);
        let (address, name) = (self.address, self.name);
        let request = if self.shared {
            AccountRequest::AddShared {
                address,
                name,
                quota_octets,
            }
        } else {
            let password = self.password_stdin.then(password_from_stdin).transpose()?;
            AccountRequest::AddPerson {
                address,
                name,
                password,
                quota_octets,
                administrator: self.administrator,
            }
        };
        let Reply::Added(added) = context.ask(Request::Account(request))? else {
            return Err(unexpected());
        };
        context.show(&added, |added| {
            show::line(&format!("added `{}` (#{})", added.address, added.id));
            if let Some(password) = &added.password {
                show::line(&format!("password {} (shown only now)", password.expose()));
            }
        });
        Ok(())
    }
}

fn set_password(
    address: String,
    password_stdin: bool,
    context: &mut Context,
) -> Result<(), Problem> {
    let password = password_stdin.then(password_from_stdin).transpose()?;
    let request = AccountRequest::SetPassword { address, password };
    match context.ask(Request::Account(request))? {
        Reply::Done => context.say_done("the password is set"),
        Reply::Password(password) => {
            let value = serde_json::json!({ "password": password });
            context.show(&value, |_| {
                show::line(&format!("password {} (shown only now)", password.expose()));
            });
        }
        _ => return Err(unexpected()),
    }
    Ok(())
}

fn show_one(address: String, context: &mut Context) -> Result<(), Problem> {
    let request = AccountRequest::Show { address };
    let Reply::Account(account) = context.ask(Request::Account(request))? else {
        return Err(unexpected());
    };
    context.show(&account, |account| {
        show::line(&format!("address   {} (#{})", account.address, account.id));
        show::line(&format!("name      {}", account.name));
        show::line(&format!(
            "kind      {}{}",
            account.kind,
            mark(account.administrator, ", administrator")
        ));
        show::line(&format!(
            "enabled   {}",
            if account.enabled { "yes" } else { "no" }
        ));
        if let Some(people) = account.capacity {
            show::line(&format!("capacity  {people} people"));
        }
        if account.kind == "group" {
            show::line(&format!("members   {}", account.members.join(", ")));
        } else {
            show::line(&format!("holds     {}", holds(account)));
        }
        if !account.aliases.is_empty() {
            show::line(&format!("aliases   {}", account.aliases.join(", ")));
        }
        show_mail_settings(account);
    });
    Ok(())
}

fn show_mail_settings(account: &AccountInfo) {
    if let Some(list) = &account.list {
        show::line(&format!("posting   {}", list.posting));
        for (name, who) in [
            ("posters   ", &list.posters),
            ("moderated ", &list.moderators),
            ("outside   ", &list.outside),
        ] {
            if !who.is_empty() {
                show::line(&format!("{name}{}", who.join(", ")));
            }
        }
    }
    for line in account.senders.iter().flatten() {
        show::line(&format!("sending   {} ({})", line.sender, line.right));
    }
    if let Some(forward) = &account.forward {
        let keeps = mark(forward.keep, ", and is kept");
        show::line(&format!("forward   {}{keeps}", forward.to.join(", ")));
    }
}

fn holds(account: &AccountInfo) -> String {
    let used = Size(account.used_octets);
    match account.quota_octets {
        Some(quota) => format!("{used} of {}", Size(quota)),
        None => used.to_string(),
    }
}

fn list(context: &mut Context) -> Result<(), Problem> {
    let accounts = all_pages(context, |after| {
        Request::Account(AccountRequest::List { after })
    })?;
    context.show(&accounts, |accounts| {
        let mut table = Table::new(&["ADDRESS", "NAME", "KIND", "HOLDS", ""]);
        for account in accounts {
            let marks = [
                mark(account.administrator, "administrator"),
                mark(!account.enabled, "disabled"),
            ];
            table.row([
                account.address.clone(),
                account.name.clone(),
                account.kind.clone(),
                holds(account),
                marks.join(" ").trim().to_owned(),
            ]);
        }
        table.show("no accounts: add one with `wachpost account add`");
    });
    Ok(())
}

/// Asks for page after page.
pub(crate) fn all_pages(
    context: &mut Context,
    request: impl Fn(u32) -> Request,
) -> Result<Vec<AccountInfo>, Problem> {
    let (mut all, mut after) = (Vec::new(), 0);
    loop {
        let Reply::Principals(PrincipalPage { principals, next }) = context.ask(request(after))?
        else {
            return Err(unexpected());
        };
        all.extend(principals);
        match next {
            Some(next) => after = next,
            None => return Ok(all),
        }
    }
}
